import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import {
  Attempt,
  Digest,
  JobName,
  Labels,
  LogIndex,
  NamespaceName,
  Note,
  Partition,
  RunId,
  Step,
  Timestamp,
} from './names.ts'
import { Proof } from './proof.ts'

export const Outcome = Type.Enum(['succeeded', 'failed', 'cancelled'], { title: 'Outcome' })
export type Outcome = Static<typeof Outcome>

export const RestoredFrom = Type.Object(
  { checkpoint: Digest, run: RunId, step: Step },
  { title: 'RestoredFrom', additionalProperties: false },
)
export type RestoredFrom = Immutable<Static<typeof RestoredFrom>>

/** One execution of a job. */
export const Run = Type.Object(
  {
    run: RunId,
    namespace: NamespaceName,
    job: JobName,
    partition: Partition,
    attempt: Attempt,
    state: Type.Enum(['open', 'superseded', 'closed'], {
      title: 'RunState',
      description: '`superseded`: a newer attempt of the job and partition has been opened.',
    }),
    openedAt: Timestamp,
    openedIndex: LogIndex,
    restoredFrom: Type.Optional(RestoredFrom),
    environment: Type.Optional(Digest),
    labels: Type.Optional(Labels),
    closedAt: Type.Optional(Timestamp),
    closedIndex: Type.Optional(LogIndex),
    outcome: Type.Optional(Outcome),
    note: Type.Optional(Note),
    lastStep: Type.Optional(Step),
    lastCheckpoint: Type.Optional(Digest),
  },
  { title: 'Run', additionalProperties: false },
)
export type Run = Immutable<Static<typeof Run>>

/** A closed run, and the proof that its end is recorded. */
export const RunReceipt = Type.Object(
  { ...Run.properties, proof: Proof },
  { title: 'RunReceipt', additionalProperties: false },
)
export type RunReceipt = Immutable<Static<typeof RunReceipt>>
