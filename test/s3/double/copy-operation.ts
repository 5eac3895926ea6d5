import { bucketOf, xmlAnswer, type Handler } from './bucket-operations.ts'
import {
  addVersion,
  listedTime,
  readVersion,
  versionHeaders,
  type Bucket,
  type ObjectVersion,
  type Store,
} from './bucket-state.ts'
import { checksumElement, parseAlgorithm, startDigester } from './checksums.ts'
import { S3Failure } from './failure.ts'
import { encryptionHeaders, factsOf, isArchived, writeCondition } from './object-facts.ts'
import type { Answer, S3Request } from './s3-request.ts'
import { readBody } from './stored-body.ts'
import { writeXml } from './xml.ts'

/** Largest object that one CopyObject copies. */
const COPY_MAX_BYTES = 5 * 1024 ** 3

async function copyObject(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const source = parseCopySource(store, request.headers.get('x-amz-copy-source') ?? '')
  const condition = writeCondition(bucket, request)
  const replaces = request.headers.get('x-amz-metadata-directive') === 'REPLACE'
  const facts = factsOf(bucket, request, store.nowMs())
  const { version } = source
  const isSame = source.bucket === bucket && version.key === request.key
  if (isSame && !replaces && version.storageClass === facts.storageClass) {
    throw new S3Failure('InvalidRequest', 'This copy request would change nothing.')
  }
  if (isArchived(version, store.nowMs())) throw new S3Failure('InvalidObjectState')
  if (version.body.sizeBytes > COPY_MAX_BYTES) throw new S3Failure('InvalidRequest')
  const asked = request.headers.get('x-amz-checksum-algorithm')
  const algorithm =
    asked === undefined ? (version.checksum?.algorithm ?? 'CRC64NVME') : parseAlgorithm(asked)
  const digester = startDigester([algorithm])
  for (const piece of readBody(version.body)) digester.update(piece)
  condition.check()
  const { contentType, metadata } = replaces ? facts : version
  const value = digester.digest(algorithm).toString('base64')
  const copy = addVersion<ObjectVersion>(bucket, {
    ...facts,
    contentType,
    metadata,
    isMarker: false,
    key: request.key ?? '',
    versionId: '',
    modifiedMs: store.nowMs(),
    etag: `"${digester.md5().toString('hex')}"`,
    checksum: bucket.lies.has('checksum-report')
      ? undefined
      : { algorithm, type: 'FULL_OBJECT', value },
    body: version.body,
  })
  const document = writeXml('CopyObjectResult', {
    LastModified: listedTime(copy.modifiedMs),
    ETag: copy.etag,
    [checksumElement(algorithm)]: copy.checksum?.value,
    ChecksumType: copy.checksum?.type,
  })
  return xmlAnswer(document, {
    ...versionHeaders(bucket, copy),
    ...encryptionHeaders(copy.encryption),
    ...(source.bucket.versioning === undefined
      ? {}
      : { 'x-amz-copy-source-version-id': version.versionId }),
  })
}

function parseCopySource(
  store: Store,
  header: string,
): { readonly bucket: Bucket; readonly version: ObjectVersion } {
  const [path = '', versionId] = header.replace(/^\//, '').split('?versionId=')
  const slash = path.indexOf('/')
  const bucket = store.buckets.get(decodeURIComponent(path.slice(0, slash)))
  if (slash < 0 || bucket === undefined) throw new S3Failure('NoSuchBucket')
  const key = decodeURIComponent(path.slice(slash + 1))
  return { bucket, version: readVersion(bucket, key, versionId) }
}

/** The handler that copies a version. */
export const copyHandlers = { CopyObject: copyObject } as const satisfies Record<string, Handler>
