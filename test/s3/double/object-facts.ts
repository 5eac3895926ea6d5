import {
  currentVersion,
  versionHeaders,
  type Bucket,
  type Encryption,
  type ObjectFacts,
  type ObjectVersion,
} from './bucket-state.ts'
import { checksumHeaders } from './checksums.ts'
import { S3Failure } from './failure.ts'
import { lockHeaders, lockOfHeaders } from './object-lock.ts'
import type { S3Request } from './s3-request.ts'

const storageClasses = new Set([
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
])

/** Whether its bytes must be restored before they can be read. */
export function isArchived(version: ObjectVersion, nowMs: number): boolean {
  const cold = version.storageClass === 'GLACIER' || version.storageClass === 'DEEP_ARCHIVE'
  return cold && (version.restoredUntilMs ?? 0) <= nowMs
}

/** What the headers of an upload say of the object to be. */
export function factsOf(bucket: Bucket, request: S3Request, nowMs: number): ObjectFacts {
  const { headers } = request
  const storageClass = headers.get('x-amz-storage-class') ?? 'STANDARD'
  if (!storageClasses.has(storageClass)) {
    throw new S3Failure('InvalidArgument', 'The storage class you specified is not valid')
  }
  const metadata = [...headers]
    .filter(([name]) => name.startsWith('x-amz-meta-'))
    .map(([name, value]) => [name.slice('x-amz-meta-'.length), value])
  return {
    contentType: headers.get('content-type') ?? 'binary/octet-stream',
    metadata: Object.fromEntries(metadata),
    storageClass,
    encryption: encryptionOf(bucket, headers),
    ...lockOfHeaders(bucket, headers, nowMs),
  }
}

function encryptionOf(bucket: Bucket, headers: ReadonlyMap<string, string>): Encryption {
  const algorithm = headers.get('x-amz-server-side-encryption')
  const keyId = headers.get('x-amz-server-side-encryption-aws-kms-key-id')
  if (algorithm === undefined) return bucket.encryption
  if (algorithm === 'AES256' && keyId === undefined) return { algorithm }
  if (!algorithm.startsWith('aws:kms')) {
    throw new S3Failure('InvalidArgument', 'The encryption method specified is not supported')
  }
  return { algorithm, keyId: keyId ?? 'arn:aws:kms:us-east-1:000000000000:key/default' }
}

/** Headers that report how a version is encrypted. */
export function encryptionHeaders(encryption: Encryption): Readonly<Record<string, string>> {
  return {
    'x-amz-server-side-encryption': encryption.algorithm,
    ...(encryption.keyId === undefined
      ? {}
      : { 'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyId }),
  }
}

/** All that GetObject and HeadObject say of a version, apart from its length. */
export function objectHeaders(
  bucket: Bucket,
  version: ObjectVersion,
  shows: { readonly checksum: boolean; readonly nowMs: number },
): Readonly<Record<string, string>> {
  const metadata = Object.entries(version.metadata).map(([name, value]) => [
    `x-amz-meta-${name}`,
    value,
  ])
  const { restoredUntilMs } = version
  return {
    'accept-ranges': 'bytes',
    'content-type': version.contentType,
    etag: version.etag,
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    ...versionHeaders(bucket, version),
    ...(shows.checksum ? checksumHeaders(version.checksum) : {}),
    ...encryptionHeaders(version.encryption),
    ...lockHeaders(version),
    ...(version.storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': version.storageClass }),
    ...(version.replicationStatus === undefined
      ? {}
      : { 'x-amz-replication-status': version.replicationStatus }),
    ...(restoredUntilMs === undefined || restoredUntilMs <= shows.nowMs
      ? {}
      : {
          'x-amz-restore': `ongoing-request="false", expiry-date="${new Date(restoredUntilMs).toUTCString()}"`,
        }),
    ...Object.fromEntries(metadata),
  }
}

/** The condition of a write, to be asked again at the moment it takes effect. */
export interface WriteCondition {
  /** @throws {S3Failure} it does not hold now */
  check(): void
}

/** Reads `If-None-Match` and `If-Match` of a write; they are about the current version of the key. */
export function writeCondition(bucket: Bucket, request: S3Request): WriteCondition {
  const key = request.key ?? ''
  const ifNoneMatch = request.headers.get('if-none-match')
  const ifMatch = request.headers.get('if-match')
  const deletions = bucket.history.deletionsOf(key)
  if (ifNoneMatch !== undefined && (ifNoneMatch !== '*' || ifMatch !== undefined)) {
    throw new S3Failure('NotImplemented', 'If-None-Match of a write must be *, and alone.')
  }
  const check = (): void => {
    const current = currentVersion(bucket, key)
    const failed = (condition: string): S3Failure =>
      new S3Failure('PreconditionFailed', undefined, { details: { Condition: condition } })
    if (ifNoneMatch !== undefined && !bucket.lies.has('if-none-match')) {
      if (current) throw failed('If-None-Match')
      // Deleted while the body came: the store cannot say what the condition was about.
      if (bucket.history.deletionsOf(key) !== deletions) {
        throw new S3Failure('ConditionalRequestConflict')
      }
    }
    if (ifMatch !== undefined) {
      if (current === undefined) throw new S3Failure('NoSuchKey')
      if (ifMatch !== '*' && ifMatch !== current.etag && `"${ifMatch}"` !== current.etag) {
        throw failed('If-Match')
      }
    }
  }
  check()
  return { check }
}
