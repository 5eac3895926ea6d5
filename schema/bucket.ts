import { Type, type Static } from 'typebox'
import { Encryption } from './blob-standing.ts'
import type { Immutable } from './immutable.ts'
import { nameGrammar } from './name-grammar.ts'
import { LogIndex, NamespaceName, Timestamp } from './names.ts'
import { Proof } from './proof.ts'

/** A bucket's name in the configuration. */
export const BucketName = Type.String({
  title: 'BucketName',
  description: "A bucket's name in the configuration of the catalog.",
  maxLength: 128,
  pattern: nameGrammar,
  'x-error-code': 'INVALID_NAME',
})

/** What a bucket is asked to show; what it does not show is not used. */
export const bucketFeatures = [
  'versions',
  'marked-versions',
  'unknown-version',
  'md5-check',
  'sha256-check',
  'sha256-attestation',
  'crc64nvme-attestation',
  'conditional-create',
  'conditional-create-race',
  'conditional-replace',
  'streamed-upload',
  'trailing-checksum-upload',
  'object-attributes',
  'presigned-download',
  'presigned-upload-check',
  'object-lock',
] as const
export type BucketFeature = (typeof bucketFeatures)[number]

export const FeatureFinding = Type.Object(
  {
    feature: Type.Enum([...bucketFeatures], { title: 'BucketFeature' }),
    result: Type.Enum(['proven', 'refuted', 'unknown'], {
      title: 'FeatureResult',
      description: '`unknown`: it could not be tried. Only what is `proven` is used.',
    }),
    because: Type.Optional(Type.String({ maxLength: 512 })),
  },
  { title: 'FeatureFinding', additionalProperties: false },
)
export type FeatureFinding = Immutable<Static<typeof FeatureFinding>>

/** A lifecycle rule that destroys versions which are no longer the newest, in reach of what checkpoints point at. */
export const LifecycleThreat = Type.Object(
  {
    rule: Type.String({ maxLength: 255 }),
    prefix: Type.String({ maxLength: 1024 }),
    noncurrentDays: Type.Integer({ minimum: 0 }),
  },
  { title: 'LifecycleThreat', additionalProperties: false },
)
export type LifecycleThreat = Immutable<Static<typeof LifecycleThreat>>

/** What a probe found out about a bucket. */
export const BucketFindings = Type.Object(
  {
    versioning: Type.Enum(['enabled', 'suspended', 'off', 'unknown'], {
      title: 'BucketVersioning',
    }),
    features: Type.Array(FeatureFinding),
    objectLock: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(Type.Enum(['GOVERNANCE', 'COMPLIANCE'], { title: 'LockMode' })),
          days: Type.Optional(Type.Integer({ minimum: 0 })),
        },
        {
          title: 'BucketLock',
          description: 'That the bucket says it has object lock, and its default retention.',
          additionalProperties: false,
        },
      ),
    ),
    encryption: Type.Optional(Encryption),
    lifecycle: Type.Union([Type.Array(LifecycleThreat), Type.Null()], {
      description: 'Rules that threaten what checkpoints point at; null when they cannot be read.',
    }),
    region: Type.Optional(Type.String({ maxLength: 64 })),
    leftovers: Type.Integer({
      minimum: 0,
      description: 'Scratch versions that could not be removed yet; the next probe removes them.',
    }),
  },
  { title: 'BucketFindings', additionalProperties: false },
)
export type BucketFindings = Immutable<Static<typeof BucketFindings>>

/** A bucket of the configuration, and what its newest probe found. */
export const Bucket = Type.Object(
  {
    bucket: BucketName,
    region: Type.Optional(Type.String()),
    probe: Type.Optional(
      Type.Object(
        { findings: BucketFindings, actor: Type.String(), index: LogIndex, at: Timestamp },
        { title: 'RecordedProbe', additionalProperties: false },
      ),
    ),
  },
  { title: 'Bucket', additionalProperties: false },
)
export type Bucket = Immutable<Static<typeof Bucket>>

/** What a probe found, and the proof that it is recorded. */
export const BucketProbe = Type.Object(
  {
    namespace: NamespaceName,
    bucket: BucketName,
    findings: BucketFindings,
    actor: Type.String(),
    index: LogIndex,
    at: Timestamp,
    proof: Proof,
  },
  { title: 'BucketProbe', additionalProperties: false },
)
export type BucketProbe = Immutable<Static<typeof BucketProbe>>

/** Whether a probe has shown that a bucket can do something. */
export function isProven(findings: BucketFindings | undefined, feature: BucketFeature): boolean {
  return (
    findings?.features.some((one) => one.feature === feature && one.result === 'proven') ?? false
  )
}
