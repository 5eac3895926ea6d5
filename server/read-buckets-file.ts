import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Type, type Static } from 'typebox'
import { CatalogError } from '../schema/errors.ts'
import { nameGrammar } from '../schema/name-grammar.ts'
import type { BucketConfig } from './config.ts'
import { validate } from './http/validate.ts'

const closed = { additionalProperties: false }

/** More buckets than anybody lists by hand. */
const BUCKETS_MAX_COUNT = 1_000
/** Patterns of one bucket: each is tried for each object that is looked up. */
const NAMESPACES_MAX_COUNT = 100

/** As in a grant: a name with `*` for any run of characters. */
const NamespacePattern = Type.String({ pattern: '^[a-z0-9._*-]{1,128}$' })

const Name = Type.String({ maxLength: 128, pattern: nameGrammar })

/** The buckets and folders that a catalog may touch. Credentials come from the AWS SDK's own chain. */
const BucketsFile = Type.Object(
  {
    buckets: Type.Array(
      Type.Object(
        {
          name: Type.Optional(Name),
          bucket: Type.Optional(
            Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', maxLength: 63 }),
          ),
          prefix: Type.Optional(Type.String({ pattern: '^[\\u0021-\\u007e]+$', maxLength: 512 })),
          region: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{1,64}$' })),
          endpoint: Type.Optional(Type.String({ pattern: '^https?://[^@?#]+$', maxLength: 512 })),
          pathStyle: Type.Optional(Type.Boolean()),
          requestChecksums: Type.Optional(Type.Enum(['WHEN_SUPPORTED', 'WHEN_REQUIRED'])),
          folder: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
          namespaces: Type.Optional(
            Type.Array(NamespacePattern, { minItems: 1, maxItems: NAMESPACES_MAX_COUNT }),
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: BUCKETS_MAX_COUNT },
    ),
  },
  closed,
)
type Listed = Static<typeof BucketsFile>['buckets'][number]

/**
 * Reads the file of buckets; a relative folder is beside the file.
 *
 * @throws {CONFIG_INVALID} it cannot be read, or says something that is not understood
 */
export function readBucketsFile(file: string): readonly BucketConfig[] {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    validate(BucketsFile, content, 'body')
    const { buckets } = content as Static<typeof BucketsFile>
    return buckets.map((listed) => bucketOf(listed, dirname(resolve(file))))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CatalogError('CONFIG_INVALID', `CAIRN_BUCKETS_FILE ${file}: ${reason}`, { cause })
  }
}

function bucketOf(listed: Listed, beside: string): BucketConfig {
  const { folder, bucket, name, namespaces, ...place } = listed
  const scope = namespaces === undefined ? {} : { namespaces }
  if (folder !== undefined) {
    if (name === undefined) throw new Error(`the folder ${folder} needs a "name"`)
    const { region, ...rest } = place
    if (bucket !== undefined || Object.keys(rest).length > 0) {
      throw new Error(
        `the folder ${folder} has "name", "folder", "region" and "namespaces" only, and is in no bucket`,
      )
    }
    const disk = { kind: 'disk', name, folder: resolve(beside, folder), ...scope } as const
    return region === undefined ? disk : { ...disk, region }
  }
  if (bucket === undefined) throw new Error('each of the buckets needs a "bucket" or a "folder"')
  const { prefix = '', pathStyle = false, ...connection } = place
  return { kind: 's3', name: name ?? bucket, bucket, prefix, pathStyle, ...connection, ...scope }
}
