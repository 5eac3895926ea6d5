import { Type, type Static } from 'typebox'
import { Region } from './blob-reference.ts'
import type { Immutable } from './immutable.ts'

/** Buckets and regions told of one checkpoint: more than one checkpoint has. */
export const PLACES_MAX_COUNT = 64
/** Encryptions told of one checkpoint. */
export const ENCRYPTIONS_MAX_COUNT = 16
/** Violations told of one checkpoint. */
export const VIOLATIONS_MAX_COUNT = 16

/**
 * Why a blob did not pass. The first three are about the blob: they fail it. The others say that nobody could
 * look, which is no finding.
 */
export const FaultCode = Type.Enum(
  [
    'BLOB_NOT_FOUND',
    'SIZE_DIFFERS',
    'DIGEST_DIFFERS',
    'BLOB_ARCHIVED',
    'BUCKET_ACCESS_DENIED',
    'BUCKET_NOT_ALLOWED',
    'STORE_UNAVAILABLE',
    'STORE_UNSUITABLE',
  ],
  { title: 'FaultCode' },
)
export type FaultCode = Static<typeof FaultCode>

/** One blob in one place that did not pass, and why. */
export const BlobFault = Type.Object(
  {
    code: FaultCode,
    rank: Type.Integer({ minimum: 0 }),
    name: Type.String({ maxLength: 512 }),
    uri: Type.String({ maxLength: 2048 }),
    versionId: Type.String({ maxLength: 1024 }),
    message: Type.String({ maxLength: 512 }),
  },
  { title: 'BlobFault', additionalProperties: false },
)
export type BlobFault = Immutable<Static<typeof BlobFault>>

/** How whole a checkpoint is in one bucket and region. */
export const PlaceStanding = Type.Object(
  {
    bucket: Type.String({ description: 'Its name in the configuration, or the begin of the URI.' }),
    region: Type.Optional(Region),
    blobCount: Type.Integer({ minimum: 0 }),
    passed: Type.Integer({ minimum: 0 }),
    failed: Type.Integer({ minimum: 0 }),
    unknown: Type.Integer({ minimum: 0 }),
  },
  { title: 'PlaceStanding', additionalProperties: false },
)
export type PlaceStanding = Immutable<Static<typeof PlaceStanding>>

/** How bytes are encrypted at rest, as the store says. */
export const Encryption = Type.Object(
  {
    algorithm: Type.String({ description: 'Such as `AES256` or `aws:kms`.', maxLength: 64 }),
    keyId: Type.Optional(Type.String({ maxLength: 2048 })),
  },
  { title: 'Encryption', additionalProperties: false },
)
export type Encryption = Immutable<Static<typeof Encryption>>
