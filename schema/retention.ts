import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Tier } from './manifest.ts'
import {
  Digest,
  JobName,
  LogIndex,
  Partition,
  PolicyName,
  RetentionRunId,
  RunId,
  Step,
  Timestamp,
} from './names.ts'
import { Proof } from './proof.ts'

const count = Type.Integer({ minimum: 0 })

/** Why a checkpoint is kept or dropped, as a code. */
export const RetentionCode = Type.Enum(
  [
    'LATEST',
    'EVERY_STEPS',
    'EVERY_SECONDS',
    'BEST',
    'NEWER_THAN',
    'HELD',
    'LAST_GOOD',
    'NEEDED',
    'NO_RULES',
    'NOT_SELECTED',
    'ABANDONED',
    'NOT_GOOD',
  ],
  {
    title: 'RetentionCode',
    description:
      'The first five are rules of the policy. `LAST_GOOD`: `latest` would answer it at some grade. `NEEDED`: a kept delta needs it. `NO_RULES`: the job has no policy with retention. Of dropped ones: `NOT_SELECTED`: no rule keeps it; `ABANDONED` and `NOT_GOOD`: rules count only good ones on the current line.',
  },
)
export type RetentionCode = Static<typeof RetentionCode>

export const RetentionReason = Type.Object(
  {
    code: RetentionCode,
    because: Type.Optional(
      Type.Unsafe<Digest>({ ...Digest, description: 'The delta that needs it.' }),
    ),
  },
  { title: 'RetentionReason', additionalProperties: false },
)
export type RetentionReason = Immutable<Static<typeof RetentionReason>>

/** What a retention run decided about one checkpoint, and every reason for it. */
export const RetentionDecision = Type.Object(
  {
    checkpoint: Digest,
    decision: Type.Enum(['keep', 'drop'], { title: 'KeepOrDrop' }),
    reasons: Type.Array(RetentionReason),
    job: JobName,
    partition: Partition,
    run: RunId,
    step: Step,
    tier: Tier,
    index: LogIndex,
    at: Timestamp,
    bytes: Type.Integer({
      minimum: 0,
      description: 'Sum of the sizes that its manifest declares.',
    }),
    tombstoned: Type.Boolean({ description: 'Whether it is withdrawn by now.' }),
  },
  { title: 'RetentionDecision', additionalProperties: false },
)
export type RetentionDecision = Immutable<Static<typeof RetentionDecision>>

/** Which checkpoints a retention run is about. */
export const retentionScope = {
  job: Type.Optional(JobName),
  partition: Type.Optional(Partition),
  policy: Type.Optional(
    Type.Unsafe<PolicyName>({
      ...PolicyName,
      description:
        'With `job`: this policy instead of the one that the job names. Without: only jobs that name it.',
    }),
  ),
}

/**
 * A retention run. Its decisions follow from the log up to `asOf` and the time `moment`, so that they can be asked
 * for at any time; `decisions` is a digest over them.
 */
export const RetentionRun = Type.Object(
  {
    retentionRun: RetentionRunId,
    dryRun: Type.Boolean(),
    ...retentionScope,
    asOf: LogIndex,
    moment: Timestamp,
    keptCount: count,
    droppedCount: count,
    droppedBytes: Type.Integer({
      minimum: 0,
      description: 'Declared sizes of what is dropped; objects that others share stay.',
    }),
    decisions: Digest,
    actor: Type.String(),
    index: LogIndex,
    at: Timestamp,
  },
  { title: 'RetentionRun', additionalProperties: false },
)
export type RetentionRun = Immutable<Static<typeof RetentionRun>>

/** What a retention run has done by now, and the proof that it is recorded. */
export const RetentionReceipt = Type.Object(
  {
    ...RetentionRun.properties,
    tombstonedCount: Type.Integer({ minimum: 0, description: 'Withdrawn by this request.' }),
    leftCount: Type.Integer({
      minimum: 0,
      description:
        'Dropped, and yet not withdrawn: something changed meanwhile, or there were more than one request withdraws. The next run looks again.',
    }),
    proof: Proof,
  },
  { title: 'RetentionReceipt', additionalProperties: false },
)
export type RetentionReceipt = Immutable<Static<typeof RetentionReceipt>>
