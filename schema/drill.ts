import { Type, type Static } from 'typebox'
import { Region } from './blob-reference.ts'
import { Grade, SkipReason } from './checkpoint.ts'
import type { Immutable } from './immutable.ts'
import {
  Digest,
  DrillId,
  JobName,
  LogIndex,
  NamespaceName,
  Note,
  Partition,
  PolicyName,
  Step,
  Timestamp,
} from './names.ts'
import { noNul } from './no-nul.ts'
import { pageOf } from './page.ts'
import { PolicySpec } from './policy.ts'
import { Proof } from './proof.ts'

/** Faults of one drill: more than happen at once. */
const FAULTS_MAX_COUNT = 16
/** A year: longer than any restore is waited for. */
const DURATION_MAX_MS = 365 * 24 * 3600 * 1000

const fault = <const Name extends string, Members extends Parameters<typeof Type.Object>[0]>(
  name: Name,
  title: string,
  members: Members,
) => Type.Object({ fault: Type.Literal(name), ...members }, { title, additionalProperties: false })

/** Something that did not happen, as if it had. */
export const Fault = Type.Union(
  [
    fault('region-lost', 'RegionLost', { region: Region }),
    fault('bucket-unreadable', 'BucketUnreadable', {
      bucket: Type.String({
        description:
          "Its name in the catalog's configuration, or what its URIs begin with, such as `s3://states`.",
        minLength: 1,
        maxLength: 256,
        pattern: noNul,
      }),
    }),
    fault('checkpoint-corrupt', 'CheckpointCorrupt', { checkpoint: Digest }),
    fault('library-upgraded', 'LibraryUpgraded', {
      library: Type.String({
        description: 'Name of the fact in the section of recorded environments.',
        minLength: 1,
        maxLength: 256,
        pattern: noNul,
      }),
      version: Type.String({ minLength: 1, maxLength: 256, pattern: noNul }),
      section: Type.Optional(
        Type.String({
          description: 'Default: `dependencies`.',
          pattern: '^[a-z][a-z0-9.-]{0,62}$',
        }),
      ),
    }),
    fault('policy-changed', 'PolicyChanged', {
      policy: PolicyName,
      spec: Type.Unsafe<PolicySpec>({
        ...PolicySpec,
        description:
          'What it would say: its `requiredGrade` and `rpoSeconds` count, for the jobs that name it.',
      }),
    }),
  ],
  { title: 'Fault' },
)
export type Fault = Immutable<Static<typeof Fault>>

export const Faults = Type.Array(Fault, { minItems: 1, maxItems: FAULTS_MAX_COUNT })

/** A state as a drill names it. */
const DrillState = Type.Object(
  { checkpoint: Digest, step: Step, at: Timestamp, grade: Grade },
  { title: 'DrillState', additionalProperties: false },
)

/** A job and partition that would not go on from where it would now. */
export const DrillFinding = Type.Object(
  {
    job: JobName,
    partition: Partition,
    verdict: Type.Enum(['falls-back', 'lost'], {
      title: 'DrillVerdict',
      description: '`lost`: no good state would be left.',
    }),
    from: DrillState,
    to: Type.Optional(DrillState),
    reason: Type.Unsafe<SkipReason>({
      ...SkipReason,
      description: 'Why the state of now would be passed over.',
    }),
    because: Type.Optional(
      Type.Unsafe<Digest>({ ...Digest, description: 'The checkpoint in its chain at fault.' }),
    ),
    passedOverCount: Type.Integer({ minimum: 1 }),
    lostSteps: Type.Integer({ minimum: 0 }),
    lostSeconds: Type.Number({
      minimum: 0,
      description:
        'From the registration of the state that would be left, or from the first run, to that of the state of now.',
    }),
    rpoSeconds: Type.Optional(Type.Integer({ minimum: 1 })),
    withinRpo: Type.Optional(
      Type.Boolean({ description: 'Absent where no policy says what may be lost.' }),
    ),
  },
  { title: 'DrillFinding', additionalProperties: false },
)
export type DrillFinding = Immutable<Static<typeof DrillFinding>>
export type DrillState = NonNullable<DrillFinding['to']>

/** How many jobs and partitions there were, and what would become of them. */
export const DrillCounts = Type.Object(
  {
    examined: Type.Integer({ minimum: 0 }),
    unaffected: Type.Integer({ minimum: 0 }),
    fallingBack: Type.Integer({ minimum: 0 }),
    lost: Type.Integer({ minimum: 0 }),
    beyondRpo: Type.Integer({ minimum: 0 }),
    withoutGood: Type.Integer({
      minimum: 0,
      description: 'Those that have no good state as it is.',
    }),
  },
  { title: 'DrillCounts', additionalProperties: false },
)
export type DrillCounts = Immutable<Static<typeof DrillCounts>>

const planned = {
  namespace: NamespaceName,
  asOf: LogIndex,
  counts: DrillCounts,
  items: Type.Array(DrillFinding, { description: 'Only what would be affected.' }),
  findings: Type.Unsafe<Digest>({
    ...Digest,
    description:
      'Of `items` in canonical form: the same drill as of the same entry gives the same again.',
  }),
  next: Type.Union([Type.String(), Type.Null()], {
    description: '`cursor` of the next page; null on the last.',
  }),
}

/** Where a drill is recorded. */
export const DrillReceipt = Type.Object(
  { drill: DrillId, index: LogIndex, at: Timestamp, proof: Proof },
  { title: 'DrillReceipt', additionalProperties: false },
)
export type DrillReceipt = Immutable<Static<typeof DrillReceipt>>

/** A page of what would become of jobs under faults that did not happen. */
export const Drill = Type.Object(
  { ...planned, recorded: Type.Optional(DrillReceipt) },
  { title: 'Drill', additionalProperties: false },
)
export type Drill = Immutable<Static<typeof Drill>>

/** What came of a restore into a scratch folder. */
export const Rehearsal = Type.Object(
  {
    checkpoint: Digest,
    outcome: Type.Enum(['restored', 'failed'], { title: 'RehearsalOutcome' }),
    durationMs: Type.Integer({ minimum: 0, maximum: DURATION_MAX_MS }),
    bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    note: Type.Optional(Note),
  },
  { title: 'Rehearsal', additionalProperties: false },
)
export type Rehearsal = Immutable<Static<typeof Rehearsal>>

/** A job that has not been rehearsed as often as its policy says. */
export const DueDrill = Type.Object(
  {
    job: JobName,
    policy: PolicyName,
    rehearseEverySeconds: Type.Integer({ minimum: 60 }),
    lastAt: Type.Optional(
      Type.Unsafe<string>({ ...Timestamp, description: 'When it was last restored in a drill.' }),
    ),
    dueAt: Timestamp,
  },
  { title: 'DueDrill', additionalProperties: false },
)
export type DueDrill = Immutable<Static<typeof DueDrill>>

export const DueDrillPage = pageOf(DueDrill, 'DueDrillPage')
