import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Digest } from './names.ts'

/** Most copies of one blob: more regions than anybody keeps one state in. */
const COPIES_MAX_COUNT = 8

const uri = Type.String({
  description:
    'Where the bytes are, such as `s3://bucket/key` or `file:///…`. Behind `s3://bucket/` stands the key as it is, with nothing encoded: `%20` there is a key with a percent sign.',
  minLength: 1,
  maxLength: 2048,
  pattern: '^[a-z][a-z0-9+.-]*:[^\\u0000-\\u001f\\u007f]+$',
})
const versionId = Type.String({
  description:
    'The object version, opaque and compared exactly. A missing or `null` version is refused: such an object can be overwritten.',
  maxLength: 1024,
  pattern: '^(?!null$)[\\u0021-\\u007e]+$',
  'x-error-code': 'UNPINNED_BLOB',
})

/** A name of a region, as its store calls it. */
export const Region = Type.String({
  title: 'Region',
  description: 'Such as `eu-west-1`.',
  maxLength: 64,
  pattern: '^[a-z0-9][a-z0-9-]*$',
})

/** The same bytes in another place. */
export const BlobCopy = Type.Object(
  { uri, versionId, region: Type.Optional(Region) },
  { title: 'BlobCopy', additionalProperties: false },
)
export type BlobCopy = Immutable<Static<typeof BlobCopy>>

/** A store's own checksum over the whole object, as computed by whoever uploaded it. */
export const BlobChecksum = Type.Object(
  {
    algorithm: Type.Enum(['CRC64NVME', 'CRC32C', 'CRC32', 'SHA1', 'SHA256'], {
      title: 'ChecksumAlgorithm',
    }),
    value: Type.String({
      description: 'Base64; over the full object, never one over its parts.',
      maxLength: 44,
      pattern: '^[A-Za-z0-9+/]+={0,2}$',
    }),
  },
  { title: 'BlobChecksum', additionalProperties: false },
)

/** A pointer to bytes: one object version and one content digest. */
export const BlobReference = Type.Object(
  {
    name: Type.String({
      description: 'Name within its shard, such as `model.bin`; unique there.',
      minLength: 1,
      maxLength: 512,
      pattern: '^[^\\u0000-\\u001f\\u007f]+$',
      'x-error-code': 'INVALID_NAME',
    }),
    uri,
    versionId,
    sizeBytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    digest: Digest,
    checksum: Type.Optional(BlobChecksum),
    copies: Type.Optional(Type.Array(BlobCopy, { minItems: 1, maxItems: COPIES_MAX_COUNT })),
  },
  { title: 'BlobReference', additionalProperties: false },
)
export type BlobReference = Immutable<Static<typeof BlobReference>>
