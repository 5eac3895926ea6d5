import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { BlobStore, PinnedObject, StoredVersion } from './blob-store.ts'
import { namedObjectsOf } from './s3-named-objects.ts'
import {
  callS3,
  keyOf,
  openS3Target,
  type S3Bucket,
  type S3Limits,
  type S3Target,
} from './s3-client.ts'
import { probeS3 } from './s3-probe.ts'
import { readS3 } from './s3-read.ts'
import { listS3Versions } from './s3-versions.ts'

/** A store, and the way to let go of its connections. */
export interface S3BlobStore extends BlobStore {
  close(): void
}

/** Opens the server's end of a versioned bucket; calls nobody. */
export function openS3BlobStore(bucket: S3Bucket, limits?: S3Limits): S3BlobStore {
  const target = openS3Target(bucket, limits)
  return {
    ...(bucket.region === undefined ? {} : { region: bucket.region }),
    stat: (object, signal) => stat(target, object, signal),
    read: (object, signal) => readS3(target, objectOf(target, object), signal),
    remove: (object, signal) => remove(target, object, signal),
    presign: (object, expiresSeconds) =>
      getSignedUrl(target.client, new GetObjectCommand(addressOf(target, object)), {
        expiresIn: expiresSeconds,
      }),
    probe: (scratch, signal) => probeS3(target, scratch, signal),
    bucket: bucket.bucket,
    readNamed: (uri, signal) => readS3(target, { uri, address: keyOf(target, uri) }, signal),
    named: namedObjectsOf(target),
    listVersions: (after, signal) => listS3Versions(target, after, signal),
    close: () => target.client.destroy(),
  }
}

/** An object with its address in the store. */
function objectOf(target: S3Target, object: PinnedObject) {
  return { ...object, address: addressOf(target, object) }
}

/**
 * @throws {BUCKET_NOT_ALLOWED} the URI is not in this bucket
 * @throws {STORE_UNSUITABLE} the version is none that stays
 */
function addressOf(target: S3Target, { uri, versionId }: PinnedObject) {
  const address = keyOf(target, uri)
  if (versionId === '' || versionId === 'null') {
    throw new CatalogError(
      'STORE_UNSUITABLE',
      `${uri} has no version of its own: switch on the bucket's versioning and save the state again.`,
    )
  }
  return { ...address, VersionId: versionId }
}

async function stat(
  target: S3Target,
  object: PinnedObject,
  signal: AbortSignal,
): Promise<StoredVersion> {
  const address = addressOf(target, object)
  const { uri } = object
  try {
    const head = await callS3(target, { uri, signal }, (options) =>
      target.client.send(new HeadObjectCommand({ ...address, ChecksumMode: 'ENABLED' }), options),
    )
    return versionOf(head, object)
  } catch (error) {
    // An answer to HEAD has no body: a bucket that is missing looks like an object that is, and a version id
    // that cannot be like any bad request. Ask again.
    const status = isCatalogError(error) ? error.detail['status'] : undefined
    if (status !== 400 && status !== 404 && status !== 405) throw error
    const command = new GetObjectCommand({ ...address, Range: 'bytes=0-0' })
    const found = await callS3(target, { uri, signal }, (options) =>
      target.client.send(command, options),
    )
    await found.Body?.transformToByteArray()
    throw new CatalogError(
      'STORE_UNAVAILABLE',
      `${uri}: the store contradicts itself about this version; it is safe to try again.`,
      { cause: error },
    )
  }
}

function versionOf(head: HeadObjectCommandOutput, { uri, versionId }: PinnedObject): StoredVersion {
  if (head.VersionId !== versionId || head.ContentLength === undefined) {
    throw new CatalogError(
      'STORE_UNSUITABLE',
      `${uri}: asked for version ${versionId}, the store answers with ${head.VersionId ?? 'none'}: it does not keep versions.`,
    )
  }
  const checksum = checksumOf(head)
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = head
  const { ServerSideEncryption: algorithm = head.SSECustomerAlgorithm, SSEKMSKeyId: keyId } = head
  return {
    sizeBytes: head.ContentLength,
    ...(checksum === undefined ? {} : { checksum }),
    ...(head.StorageClass === undefined ? {} : { storageClass: head.StorageClass }),
    isArchived: isArchived(head),
    ...(mode === undefined || until === undefined
      ? {}
      : { lock: { mode, retainUntil: until.toISOString() } }),
    legalHold: head.ObjectLockLegalHoldStatus === 'ON',
    ...(algorithm === undefined
      ? {}
      : { encryption: { algorithm, ...(keyId === undefined ? {} : { keyId }) } }),
    ...(head.ReplicationStatus === undefined ? {} : { replication: head.ReplicationStatus }),
    ...(head.LastModified === undefined ? {} : { lastModified: head.LastModified.toISOString() }),
  }
}

/** The checksum over the whole object, the strongest of several. One over parts is none of the content. */
function checksumOf(head: HeadObjectCommandOutput): StoredVersion['checksum'] {
  if (head.ChecksumType === 'COMPOSITE') return undefined
  const known = [
    ['SHA256', head.ChecksumSHA256],
    ['CRC64NVME', head.ChecksumCRC64NVME],
    ['CRC32C', head.ChecksumCRC32C],
    ['CRC32', head.ChecksumCRC32],
    ['SHA1', head.ChecksumSHA1],
  ] as const
  for (const [algorithm, value] of known) {
    // A store that does not say the type marks a checksum over parts by their number.
    if (value !== undefined && !/-\d+$/.test(value)) return { algorithm, value }
  }
  return undefined
}

function isArchived(head: HeadObjectCommandOutput): boolean {
  // A restored copy is there for a while: `ongoing-request="false"`.
  if (head.Restore !== undefined) return head.Restore.includes('ongoing-request="true"')
  if (head.ArchiveStatus !== undefined) return true
  return head.StorageClass === 'GLACIER' || head.StorageClass === 'DEEP_ARCHIVE'
}

async function remove(
  target: S3Target,
  object: PinnedObject,
  signal: AbortSignal,
): Promise<'removed' | 'absent'> {
  const address = addressOf(target, object)
  const before = await stat(target, object, signal).catch(absence)
  if (before === undefined) return 'absent'
  try {
    await callS3(target, { uri: object.uri, signal }, (options) =>
      target.client.send(new DeleteObjectCommand(address), options),
    )
    return 'removed'
  } catch (error) {
    const { code } = error instanceof CatalogError ? error : { code: undefined }
    if (code === 'BLOB_NOT_FOUND') return 'absent'
    const isLocked = before.legalHold || before.lock !== undefined
    if (!isLocked || code === 'STORE_UNAVAILABLE' || code === 'ABORTED') throw error
    const why = before.legalHold
      ? 'is under legal hold'
      : `is locked (${before.lock?.mode ?? ''}) until ${before.lock?.retainUntil ?? ''}`
    throw new CatalogError('BLOB_LOCKED', `${object.uri} ${why}: it stays until then.`, {
      cause: error,
      detail: { ...object, ...before.lock, legalHold: before.legalHold },
    })
  }
}

/** Undefined for a version that is gone, also when a delete marker has its id. */
function absence(error: unknown): undefined {
  if (isCatalogError(error) && error.code === 'BLOB_NOT_FOUND') return undefined
  throw error
}
