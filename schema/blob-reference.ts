import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Digest } from './names.ts'

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
    uri: Type.String({
      description: 'Where the bytes are, such as `s3://bucket/key` or `file:///…`.',
      minLength: 1,
      maxLength: 2048,
      pattern: '^[a-z][a-z0-9+.-]*:[\\u0021-\\u007e]+$',
    }),
    versionId: Type.String({
      description:
        'The object version, opaque and compared exactly. A missing or `null` version is refused: such an object can be overwritten.',
      maxLength: 1024,
      pattern: '^(?!null$)[\\u0021-\\u007e]+$',
      'x-error-code': 'UNPINNED_BLOB',
    }),
    sizeBytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    digest: Digest,
  },
  { title: 'BlobReference', additionalProperties: false },
)
export type BlobReference = Immutable<Static<typeof BlobReference>>
