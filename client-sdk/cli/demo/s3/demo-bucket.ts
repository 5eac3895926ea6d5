import { randomBytes } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3'
import { CatalogError } from '../../../../schema/errors.ts'
import type { BlobReference } from '../../../api.ts'
import { parseS3Uri } from '../../../stores/s3/s3-uri.ts'

/** Pages of versions that are removed at the end: a demonstration makes one or two. */
const PAGES_MAX_COUNT = 50
/** Objects removed at a time. */
const TOGETHER_COUNT = 8

/**
 * Makes a bucket that keeps versions.
 *
 * @throws {STORE_FAILED} the store does not make one
 */
export async function makeBucket(client: S3Client): Promise<string> {
  const bucket = `cairn-demo-${randomBytes(6).toString('hex')}`
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    const VersioningConfiguration = { Status: 'Enabled' as const }
    await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }))
    return bucket
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    throw new CatalogError(
      'STORE_FAILED',
      `The S3 store makes no versioned bucket (${why}). Check the endpoint and AWS_ACCESS_KEY_ID, or name a bucket that exists in CAIRN_S3_BUCKET.`,
      { cause },
    )
  }
}

/** Removes every version under a prefix and, if it was made for this, the bucket. */
export async function removeAll(
  client: S3Client,
  place: { readonly bucket: string; readonly prefix: string; readonly isOwn: boolean },
): Promise<void> {
  const { bucket, prefix, isOwn } = place
  for (let page = 0; page < PAGES_MAX_COUNT; page += 1) {
    const list = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix })
    const { Versions = [], DeleteMarkers = [] } = await client.send(list)
    const all = [...Versions, ...DeleteMarkers]
    if (all.length === 0) break
    for (let from = 0; from < all.length; from += TOGETHER_COUNT) {
      const together = all.slice(from, from + TOGETHER_COUNT)
      await Promise.all(
        together.map(({ Key, VersionId }) =>
          client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId })),
        ),
      )
    }
  }
  if (isOwn) await client.send(new DeleteBucketCommand({ Bucket: bucket }))
}

/** A pinned version, as a manifest names it. */
export type PinnedVersion = Pick<BlobReference, 'uri' | 'versionId'>

/** Removes a version as somebody would who does not know the catalog. */
export async function removeVersion(client: S3Client, version: PinnedVersion): Promise<void> {
  await client.send(new DeleteObjectCommand(addressOf(version)))
}

/** Whether the store itself still has a version, whatever the catalog says. */
export async function hasVersion(client: S3Client, version: PinnedVersion): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand(addressOf(version)))
    return true
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    // Where a version is gone some stores say 404, and others that the id is none.
    const { httpStatusCode: status } = error.$metadata
    if (status === 404 || status === 400) return false
    throw error
  }
}

function addressOf({ uri, versionId }: PinnedVersion) {
  const { bucket, key } = parseS3Uri(uri) ?? { bucket: '', key: '' }
  return { Bucket: bucket, Key: key, VersionId: versionId }
}
