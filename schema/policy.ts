import { Type, type Static } from 'typebox'
import { Grade } from './checkpoint.ts'
import { DriftTerms } from './drift.ts'
import type { Immutable } from './immutable.ts'
import { Tier } from './manifest.ts'
import { LogIndex, NamespaceName, Note, PolicyName, Timestamp } from './names.ts'
import { Proof } from './proof.ts'

/** A hundred years: longer than any data is kept. */
const SECONDS_MAX = 3_155_760_000
/** Checkpoints that a rule may count: they are looked at one by one. */
const KEPT_MAX_COUNT = 1_000_000

const seconds = (minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: SECONDS_MAX, description })
const count = (description: string) =>
  Type.Integer({ minimum: 1, maximum: KEPT_MAX_COUNT, description })

const ofTier = Type.Optional(
  Type.Unsafe<Tier>({ ...Tier, description: 'Only checkpoints of this tier. Default: of both.' }),
)
const buckets = Type.Optional(count('Only in so many of the newest buckets that have any.'))

const rule = <const Keep extends string, Members extends Parameters<typeof Type.Object>[0]>(
  keep: Keep,
  title: string,
  members: Members,
) =>
  Type.Object(
    { keep: Type.Literal(keep), ...members, tier: ofTier },
    { title, additionalProperties: false },
  )

/** One reason to keep a checkpoint; all of them are about one job and partition. */
export const RetentionRule = Type.Union(
  [
    rule('latest', 'KeepLatest', { count: count('The newest ones on the current line.') }),
    rule('every-steps', 'KeepEverySteps', {
      steps: Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The first checkpoint from each multiple of this step on.',
      }),
      count: buckets,
    }),
    rule('every-seconds', 'KeepEverySeconds', {
      seconds: seconds(
        1,
        'The first checkpoint in each period of so many seconds; periods are counted from 1970, UTC.',
      ),
      count: buckets,
    }),
    rule('best', 'KeepBest', {
      count: count('The ones with the best value.'),
      label: Type.String({
        description: 'The label whose value is the metric, a decimal number such as `0.0421`.',
        pattern: '^[a-z0-9][a-z0-9._/-]{0,62}$',
      }),
      order: Type.Enum(['lowest', 'highest'], {
        title: 'BestOrder',
        description: 'Which values are the best.',
      }),
    }),
    rule('newer-than', 'KeepNewerThan', {
      seconds: seconds(1, 'Everything that was registered at most so long ago.'),
    }),
  ],
  { title: 'RetentionRule' },
)
export type RetentionRule = Immutable<Static<typeof RetentionRule>>

/** What a class of jobs needs of the catalog; everything may be left out. */
export const PolicySpec = Type.Object(
  {
    description: Type.Optional(Note),
    rpoSeconds: Type.Optional(seconds(1, 'Most work that may be lost: time between checkpoints.')),
    rtoSeconds: Type.Optional(seconds(1, 'Longest time that a recovery may take.')),
    requiredGrade: Type.Optional(Grade),
    rehearseEverySeconds: Type.Optional(
      seconds(60, 'How often a job must have been restored in a drill.'),
    ),
    retention: Type.Optional(
      Type.Object(
        {
          anyOf: Type.Array(RetentionRule, {
            minItems: 1,
            maxItems: 32,
            description: 'A checkpoint is kept while any of these keeps it.',
          }),
        },
        { title: 'Retention', additionalProperties: false },
      ),
    ),
    graceSeconds: Type.Optional(
      seconds(
        0,
        'From a tombstone to the removal of bytes. Default: 7 days where `retention` is given; without either, no bytes are removed.',
      ),
    ),
    storage: Type.Optional(
      Type.Object(
        {
          encryption: Type.Optional(Type.Enum(['any', 'kms'], { title: 'RequiredEncryption' })),
          objectLock: Type.Optional(Type.Boolean()),
          regions: Type.Optional(
            Type.Array(Type.String({ pattern: '^[a-z0-9-]{1,64}$' }), {
              minItems: 1,
              maxItems: 64,
            }),
          ),
          lifecycle: Type.Optional(Type.Enum(['warn', 'refuse'], { title: 'LifecycleRule' })),
        },
        { title: 'StoragePolicy', additionalProperties: false },
      ),
    ),
    drift: Type.Optional(
      Type.Unsafe<DriftTerms>({
        ...DriftTerms,
        description:
          'How severe a difference is between what made a state and what goes on from it. Of the policy that the job names, or else of the one with the name `drift`.',
      }),
    ),
    verification: Type.Optional(
      Type.Object(
        {
          everySeconds: seconds(60, 'How often the bytes of each checkpoint are looked at.'),
          grade: Type.Enum(['present', 'verified'], { title: 'VerificationGrade' }),
        },
        { title: 'VerificationPolicy', additionalProperties: false },
      ),
    ),
  },
  { title: 'PolicySpec', additionalProperties: false },
)
export type PolicySpec = Immutable<Static<typeof PolicySpec>>

/** A named policy, as last set. */
export const Policy = Type.Object(
  {
    namespace: NamespaceName,
    policy: PolicyName,
    spec: PolicySpec,
    index: LogIndex,
    at: Timestamp,
  },
  { title: 'Policy', additionalProperties: false },
)
export type Policy = Immutable<Static<typeof Policy>>

/** A policy, and the proof that it is recorded. */
export const PolicyReceipt = Type.Object(
  { ...Policy.properties, proof: Proof },
  { title: 'PolicyReceipt', additionalProperties: false },
)
export type PolicyReceipt = Immutable<Static<typeof PolicyReceipt>>
