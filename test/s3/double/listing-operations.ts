import { bucketOf, xmlAnswer, type Handler } from './bucket-operations.ts'
import {
  compareKeys,
  currentVersion,
  listedTime,
  type Bucket,
  type ObjectVersion,
  type Store,
  type Version,
} from './bucket-state.ts'
import { S3Failure } from './failure.ts'
import { parseCount, type Answer, type S3Request } from './s3-request.ts'
import { encode } from './signature.ts'
import { writeXml, type XmlContent } from './xml.ts'

/** Largest page of a listing. */
const PAGE_MAX_COUNT = 1000

/** What the query of a listing says. */
interface Listing {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
  /** As the encoding asked for has it. */
  encodeKey(key: string): string
  readonly encodingType: string | undefined
}

function parseListing(request: S3Request): Listing {
  const { query } = request
  const encodingType = query.get('encoding-type')
  if (encodingType !== undefined && encodingType !== 'url') {
    throw new S3Failure('InvalidArgument', 'Invalid Encoding Method specified in Request')
  }
  const bounds = { min: 0, max: PAGE_MAX_COUNT, fallback: PAGE_MAX_COUNT }
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    limit: parseCount('max-keys', query.get('max-keys'), bounds),
    encodeKey: (key) => (encodingType === 'url' ? encode(key).replaceAll('%2F', '/') : key),
    encodingType,
  }
}

/** The part of a key up to the delimiter behind the prefix; undefined if it has none. */
function groupOf(key: string, listing: Listing): string | undefined {
  if (listing.delimiter === '') return undefined
  const at = key.indexOf(listing.delimiter, listing.prefix.length)
  return at < 0 ? undefined : key.slice(0, at + listing.delimiter.length)
}

/** Keys behind a marker, in order; with `includes` the marker itself too. */
function* keysFrom(
  bucket: Bucket,
  prefix: string,
  marker: { readonly key: string; readonly includes: boolean },
): Iterable<string> {
  const keys = bucket.history.keys()
  let low = 0
  let high = keys.length
  const start = compareKeys(marker.key, prefix) < 0 ? prefix : marker.key
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareKeys(keys[middle] ?? '', start) < 0) low = middle + 1
    else high = middle
  }
  for (const key of keys.slice(low)) {
    if (!key.startsWith(prefix)) return
    if (key !== marker.key || marker.includes) yield key
  }
}

async function listObjectsV2(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const listing = parseListing(request)
  const token = request.query.get('continuation-token')
  const startAfter = request.query.get('start-after') ?? ''
  const after = token === undefined ? startAfter : parseToken(token)
  const found: (ObjectVersion | string)[] = []
  let isTruncated = false
  let last = after
  for (const key of keysFrom(bucket, listing.prefix, { key: after, includes: false })) {
    const version = currentVersion(bucket, key)
    const group = groupOf(key, listing)
    // A group that the page before ended with is not begun again.
    if (!version || (group !== undefined && (found.includes(group) || after.startsWith(group)))) {
      continue
    }
    if (found.length === listing.limit) {
      isTruncated = listing.limit > 0
      break
    }
    found.push(group ?? version)
    last = group ?? key
  }
  const objects = found.filter((one) => typeof one !== 'string')
  const groups = found.filter((one) => typeof one === 'string')
  return xmlAnswer(
    writeXml('ListBucketResult', {
      Name: bucket.name,
      Prefix: listing.encodeKey(listing.prefix),
      Delimiter: listing.delimiter === '' ? undefined : listing.encodeKey(listing.delimiter),
      EncodingType: listing.encodingType,
      StartAfter: startAfter === '' ? undefined : listing.encodeKey(startAfter),
      ContinuationToken: token,
      NextContinuationToken: isTruncated ? Buffer.from(last).toString('base64url') : undefined,
      KeyCount: found.length,
      MaxKeys: listing.limit,
      IsTruncated: isTruncated,
      Contents: objects.map((version) => listed(version, listing)),
      CommonPrefixes: groups.map((group) => ({ Prefix: listing.encodeKey(group) })),
    }),
  )
}

function parseToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8')
  if (Buffer.from(key).toString('base64url') !== token || key === '') {
    throw new S3Failure('InvalidArgument', 'The continuation token provided is incorrect')
  }
  return key
}

function listed(version: ObjectVersion, listing: Listing): Readonly<Record<string, XmlContent>> {
  return {
    Key: listing.encodeKey(version.key),
    LastModified: listedTime(version.modifiedMs),
    ETag: version.etag,
    ChecksumAlgorithm: version.checksum?.algorithm,
    ChecksumType: version.checksum?.type,
    Size: version.body.sizeBytes,
    StorageClass: version.storageClass,
  }
}

async function listObjectVersions(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const listing = parseListing(request)
  const keyMarker = request.query.get('key-marker') ?? ''
  const idMarker = request.query.get('version-id-marker') ?? ''
  if (idMarker !== '' && keyMarker === '') {
    throw new S3Failure(
      'InvalidArgument',
      'A version-id marker cannot be specified without a key marker.',
    )
  }
  const page: Version[] = []
  const groups: string[] = []
  let isTruncated = false
  let next: { readonly key: string; readonly versionId?: string } | undefined
  for (const one of versionsFrom(bucket, listing.prefix, { keyMarker, idMarker })) {
    const group = groupOf(one.key, listing)
    if (group !== undefined && (groups.includes(group) || keyMarker.startsWith(group))) continue
    if (page.length + groups.length === listing.limit) {
      isTruncated = listing.limit > 0
      break
    }
    if (group === undefined) page.push(one)
    else groups.push(group)
    next = group === undefined ? one : { key: group }
  }
  const isLatest = (one: Version): boolean => bucket.history.of(one.key)[0] === one
  const nextKey = isTruncated ? next?.key : undefined
  return xmlAnswer(
    writeXml('ListVersionsResult', {
      Name: bucket.name,
      Prefix: listing.encodeKey(listing.prefix),
      Delimiter: listing.delimiter === '' ? undefined : listing.encodeKey(listing.delimiter),
      EncodingType: listing.encodingType,
      KeyMarker: listing.encodeKey(keyMarker),
      VersionIdMarker: idMarker,
      NextKeyMarker: nextKey && listing.encodeKey(nextKey),
      NextVersionIdMarker: isTruncated ? next?.versionId : undefined,
      MaxKeys: listing.limit,
      IsTruncated: isTruncated,
      Version: page.flatMap((one) =>
        one.isMarker
          ? []
          : [{ ...listed(one, listing), VersionId: one.versionId, IsLatest: isLatest(one) }],
      ),
      DeleteMarker: page
        .filter((one) => one.isMarker)
        .map((one) => ({
          Key: listing.encodeKey(one.key),
          VersionId: one.versionId,
          IsLatest: isLatest(one),
          LastModified: listedTime(one.modifiedMs),
        })),
      CommonPrefixes: groups.map((group) => ({ Prefix: listing.encodeKey(group) })),
    }),
  )
}

/** Versions behind the markers, keys in order and the newest first; the marked version may be gone by now. */
function* versionsFrom(
  bucket: Bucket,
  prefix: string,
  after: { readonly keyMarker: string; readonly idMarker: string },
): Iterable<Version> {
  const { history } = bucket
  const marked =
    after.idMarker === '' ? undefined : history.orderOf(after.keyMarker, after.idMarker)
  if (after.idMarker !== '' && marked === undefined) {
    throw new S3Failure('InvalidArgument', 'Invalid version id specified')
  }
  const marker = { key: after.keyMarker, includes: marked !== undefined }
  for (const key of keysFrom(bucket, prefix, marker)) {
    for (const one of history.of(key)) {
      const isBehind =
        key !== after.keyMarker ||
        (history.orderOf(key, one.versionId) ?? 0) < (marked ?? Number.POSITIVE_INFINITY)
      if (isBehind) yield one
    }
  }
}

/** Handlers of listings. */
export const listingHandlers = {
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
} as const satisfies Record<string, Handler>
