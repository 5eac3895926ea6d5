import { Type, type Static } from 'typebox'
import { Region } from './blob-reference.ts'
import { BlobFault } from './blob-standing.ts'
import { Grade } from './checkpoint.ts'
import type { Immutable } from './immutable.ts'
import {
  Digest,
  JobName,
  LogIndex,
  NamespaceName,
  Note,
  Partition,
  RestoreId,
  RunId,
  Timestamp,
} from './names.ts'
import { Proof } from './proof.ts'
import { Outcome } from './run.ts'

/** Places that one restore read from: more than anybody keeps one state in. */
const SOURCES_MAX_COUNT = 16
/** Failures that one restore reports: an entry holds them, and the first few say what is the matter. */
export const RESTORE_FAILURES_MAX_COUNT = 16

/** Whose the restored bytes are from now on. */
export const Ownership = Type.Enum(['claim', 'no-claim', 'copy'], {
  title: 'Ownership',
  description:
    '`claim`: the run goes on with these very bytes, and retention keeps them until it is closed or superseded. `no-claim`: it needs them no more once it is restored. `copy`: it goes on with a copy of its own.',
})
export type Ownership = Static<typeof Ownership>

/** Bytes that came from one place. */
export const RestoreSource = Type.Object(
  {
    origin: Type.String({
      description: 'What the URIs there begin with, such as `s3://states`.',
      minLength: 1,
      maxLength: 256,
    }),
    region: Type.Optional(Region),
    bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { title: 'RestoreSource', additionalProperties: false },
)

/** A blob that one place did not give, and the checkpoint of the chain that it is a part of. */
export const RestoreFailure = Type.Object(
  { checkpoint: Digest, ...BlobFault.properties },
  { title: 'RestoreFailure', additionalProperties: false },
)
export type RestoreFailure = Immutable<Static<typeof RestoreFailure>>

/** How a restore ended. */
export const restoreOutcome = {
  outcome: Outcome,
  checked: Type.Boolean({
    description: 'Whether the size and digest of every blob were found to be those of the plan.',
  }),
  bytes: Type.Integer({
    description: 'Bytes that were fetched; what was there already is not counted.',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
  }),
  durationMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  sources: Type.Optional(Type.Array(RestoreSource, { maxItems: SOURCES_MAX_COUNT })),
  failures: Type.Optional(Type.Array(RestoreFailure, { maxItems: RESTORE_FAILURES_MAX_COUNT })),
  note: Type.Optional(Note),
}
const RestoreOutcome = Type.Object(restoreOutcome)
export type RestoreOutcome = Immutable<Static<typeof RestoreOutcome>>

/** A recovery that was begun, and how it ended. */
export const Restore = Type.Object(
  {
    restore: RestoreId,
    namespace: NamespaceName,
    job: JobName,
    partition: Partition,
    checkpoint: Digest,
    ownership: Ownership,
    run: Type.Optional(RunId),
    actor: Type.String(),
    openedAt: Timestamp,
    openedIndex: LogIndex,
    closedAt: Type.Optional(Timestamp),
    closedIndex: Type.Optional(LogIndex),
    ...Type.Partial(RestoreOutcome).properties,
  },
  { title: 'Restore', additionalProperties: false },
)
export type Restore = Immutable<Static<typeof Restore>>

/** A restore, and the proof that what was asked is recorded. */
export const RestoreReceipt = Type.Object(
  { ...Restore.properties, proof: Proof },
  { title: 'RestoreReceipt', additionalProperties: false },
)
export type RestoreReceipt = Immutable<Static<typeof RestoreReceipt>>

/** A restore that has ended, and the grade that its checkpoint has now. */
export const RestoreEnd = Type.Object(
  { ...Restore.properties, grade: Grade, proof: Proof },
  { title: 'RestoreEnd', additionalProperties: false },
)
export type RestoreEnd = Immutable<Static<typeof RestoreEnd>>
