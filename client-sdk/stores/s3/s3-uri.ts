import { CatalogError } from '../../../schema/errors.ts'

/** A bucket and a key in it. */
export interface S3Place {
  readonly bucket: string
  readonly key: string
}

/** Characters that are the same in a key and in a URI, so that no two readers take one for different keys. */
const PREFIX = /^(?:[A-Za-z0-9._~-]+\/)*$/
const PREFIX_MAX_LENGTH = 512

/** The names that S3 gives to buckets, and the older ones that some stores still have. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/

const URI = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+)$/s

/** The URI of an object: `s3://bucket/key` with the key as it is, nothing encoded, as every S3 tool writes it. */
export function formatS3Uri({ bucket, key }: S3Place): string {
  return `s3://${bucket}/${key}`
}

/** What a URI names; undefined when it is none of S3's. */
export function parseS3Uri(uri: string): S3Place | undefined {
  const { bucket = '', key = '' } = URI.exec(uri)?.groups ?? {}
  return BUCKET.test(bucket) ? { bucket, key } : undefined
}

/**
 * Checks a bucket's name and a prefix, and gives the prefix with one slash at its end, or empty.
 *
 * @throws {CONFIG_INVALID} one of them cannot be
 */
export function parseLocation(bucket: string, prefix: string): S3Place {
  if (!BUCKET.test(bucket)) {
    throw invalid(`${JSON.stringify(bucket)} is no name of a bucket`)
  }
  const key = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  if (!PREFIX.test(key) || key.length > PREFIX_MAX_LENGTH || key.split('/').includes('..')) {
    throw invalid(
      `the prefix ${JSON.stringify(prefix)} must be letters, digits, ".", "_", "~" and "-" between single slashes`,
    )
  }
  return { bucket, key }
}

function invalid(what: string): CatalogError {
  return new CatalogError('CONFIG_INVALID', `The S3 store cannot be opened: ${what}.`)
}
