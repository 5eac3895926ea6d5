import { randomBytes } from 'node:crypto'
import type { Checksum, ChecksumAlgorithm, ChecksumType, PartChecksum } from './checksums.ts'
import { S3Failure } from './failure.ts'
import type { BodyStore, StoredBody } from './stored-body.ts'

/** What a bucket says and does not do, as some real stores. */
export type BucketLie =
  /** Takes retention and legal holds, reports them, and deletes all the same. */
  | 'object-lock'
  /** Takes `If-None-Match` and overwrites. */
  | 'if-none-match'
  /** Takes any checksum as true. */
  | 'checksum-verification'
  /** Attests no checksum of what it stores. */
  | 'checksum-report'
  /** Answers GetObjectAttributes with the object. */
  | 'object-attributes'

/** Object lock of one version, until a moment in epoch milliseconds. */
export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE'
  readonly untilMs: number
}

/** Server-side encryption. */
export interface Encryption {
  readonly algorithm: string
  readonly keyId?: string
}

/** What comes with an object's bytes. */
export interface ObjectFacts {
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly storageClass: string
  readonly encryption: Encryption
  readonly retention?: Retention | undefined
  readonly legalHold: boolean
}

/** One version of an object; immutable, replaced as a whole when its lock changes. */
export interface ObjectVersion extends ObjectFacts {
  readonly isMarker: false
  readonly key: string
  readonly versionId: string
  readonly modifiedMs: number
  readonly etag: string
  readonly checksum: Checksum | undefined
  readonly body: StoredBody
  /** For an object that was uploaded in parts. */
  readonly parts?: readonly PartChecksum[] | undefined
  readonly replicationStatus?: string | undefined
  /** For an archived object: until when a restored copy can be read. */
  readonly restoredUntilMs?: number | undefined
}

/** A marker that hides the versions below it. */
export interface DeleteMarker {
  readonly isMarker: true
  readonly key: string
  readonly versionId: string
  readonly modifiedMs: number
}

/** What stands in the history of a key. */
export type Version = ObjectVersion | DeleteMarker

/** A part that was uploaded. */
export interface UploadedPart {
  readonly etag: string
  readonly md5: Buffer
  readonly body: StoredBody
  readonly modifiedMs: number
  readonly checksums: ReadonlyMap<ChecksumAlgorithm, string>
}

/** A multipart upload that is neither completed nor aborted. */
export interface Upload {
  readonly uploadId: string
  readonly key: string
  readonly startedMs: number
  readonly facts: ObjectFacts
  readonly algorithm: ChecksumAlgorithm
  readonly type: ChecksumType
  /** True if the client chose the algorithm. */
  readonly isExplicit: boolean
  readonly parts: Map<number, UploadedPart>
}

/** A bucket of the double. */
export interface Bucket {
  readonly name: string
  readonly createdMs: number
  readonly lies: Set<BucketLie>
  readonly uploads: Map<string, Upload>
  readonly history: History
  versioning: 'Enabled' | 'Suspended' | undefined
  hasLock: boolean
  defaultRetention: { readonly mode: Retention['mode']; readonly days: number } | undefined
  lifecycleXml: string | undefined
  encryption: Encryption
}

/** All that the operations work on. */
export interface Store {
  readonly buckets: Map<string, Bucket>
  readonly bodies: BodyStore
  readonly partMinBytes: number
  nowMs(): number
}

/** Every version of every key of a bucket. */
export interface History {
  /** Newest first; empty for a key that has none. */
  of(key: string): readonly Version[]
  /** Keys in the order of their UTF-8 bytes. */
  keys(): readonly string[]
  add(version: Version): void
  remove(version: Version): void
  replace(version: Version, by: Version): void
  /** Position of a version in time, also of one that is gone; undefined if it never was. */
  orderOf(key: string, versionId: string): number | undefined
  /** How many deletions the key has seen. */
  deletionsOf(key: string): number
}

/** An empty history. */
export function openHistory(): History {
  const versions = new Map<string, Version[]>()
  const order = new Map<string, number>()
  const deletions = new Map<string, number>()
  let sorted: readonly string[] | undefined
  let added = 0
  const countDeletion = (key: string): void => {
    deletions.set(key, (deletions.get(key) ?? 0) + 1)
  }
  return {
    of: (key) => versions.get(key) ?? [],
    keys: () => (sorted ??= [...versions.keys()].sort(compareKeys)),
    add: (version) => {
      added += 1
      order.set(JSON.stringify([version.key, version.versionId]), added)
      if (version.isMarker) countDeletion(version.key)
      const others = versions.get(version.key)
      if (others) others.unshift(version)
      else {
        versions.set(version.key, [version])
        sorted = undefined
      }
    },
    remove: (version) => {
      const others = versions.get(version.key) ?? []
      others.splice(others.indexOf(version), 1)
      countDeletion(version.key)
      if (others.length === 0) {
        versions.delete(version.key)
        sorted = undefined
      }
    },
    replace: (version, by) => {
      const others = versions.get(version.key) ?? []
      others.splice(others.indexOf(version), 1, by)
    },
    orderOf: (key, versionId) => order.get(JSON.stringify([key, versionId])),
    deletionsOf: (key) => deletions.get(key) ?? 0,
  }
}

/** JavaScript orders by UTF-16 units, which differs from UTF-8 only from the surrogates on. */
export function compareKeys(one: string, other: string): number {
  if (/[\ud800-\uffff]/.test(one + other)) return Buffer.from(one).compare(Buffer.from(other))
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** A version id or upload id: opaque, unordered, safe in a URL. */
export const newOpaqueId = (): string => randomBytes(24).toString('base64url').replaceAll('-', '.')

const opaqueId = /^[A-Za-z0-9._]{32}$/

/** A new bucket. */
export function createBucket(name: string, createdMs: number): Bucket {
  return {
    name,
    createdMs,
    lies: new Set(),
    uploads: new Map(),
    history: openHistory(),
    versioning: undefined,
    hasLock: false,
    defaultRetention: undefined,
    lifecycleXml: undefined,
    encryption: { algorithm: 'AES256' },
  }
}

/** Puts a version on top of its key, under a new id or in place of the `null` one. */
export function addVersion<V extends Version>(bucket: Bucket, version: V): V {
  const versionId = bucket.versioning === 'Enabled' ? newOpaqueId() : 'null'
  if (versionId === 'null') {
    const former = bucket.history.of(version.key).find((one) => one.versionId === 'null')
    if (former) bucket.history.remove(former)
  }
  const named = { ...version, versionId }
  bucket.history.add(named)
  return named
}

/** The version on top, unless a marker hides it. */
export function currentVersion(bucket: Bucket, key: string): ObjectVersion | undefined {
  const top = bucket.history.of(key)[0]
  return top === undefined || top.isMarker ? undefined : top
}

/** One version or marker by its id; undefined if it does not exist. */
export function findVersion(bucket: Bucket, key: string, versionId: string): Version | undefined {
  if (versionId !== 'null' && !opaqueId.test(versionId)) {
    throw new S3Failure('InvalidArgument', 'Invalid version id specified', {
      details: { ArgumentName: 'versionId', ArgumentValue: versionId },
    })
  }
  return bucket.history.of(key).find((one) => one.versionId === versionId)
}

/** Headers that name a version, where the bucket has versions. */
export function versionHeaders(bucket: Bucket, version: Version): Readonly<Record<string, string>> {
  return bucket.versioning === undefined ? {} : { 'x-amz-version-id': version.versionId }
}

/** A time as S3 lists it; it knows no parts of a second. */
export const listedTime = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString()

/**
 * The object that a request is about.
 *
 * @throws {S3Failure} it does not exist, or a marker stands there
 */
export function readVersion(
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): ObjectVersion {
  if (versionId === undefined) {
    const top = bucket.history.of(key)[0]
    if (top?.isMarker === true) {
      const headers = { 'x-amz-delete-marker': 'true', ...versionHeaders(bucket, top) }
      throw new S3Failure('NoSuchKey', undefined, { headers })
    }
    if (top === undefined) throw new S3Failure('NoSuchKey', undefined, { details: { Key: key } })
    return top
  }
  if (versionId === '') {
    throw new S3Failure('InvalidArgument', 'Version id cannot be the empty string')
  }
  const found = findVersion(bucket, key, versionId)
  if (found === undefined) {
    throw new S3Failure('NoSuchVersion', undefined, { details: { Key: key, VersionId: versionId } })
  }
  if (found.isMarker) {
    throw new S3Failure('MethodNotAllowed', undefined, {
      headers: {
        allow: 'DELETE',
        'x-amz-delete-marker': 'true',
        'last-modified': new Date(found.modifiedMs).toUTCString(),
        ...versionHeaders(bucket, found),
      },
    })
  }
  return found
}
