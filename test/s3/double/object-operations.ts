import { bucketOf, xmlAnswer, type Handler } from './bucket-operations.ts'
import {
  addVersion,
  currentVersion,
  findVersion,
  listedTime,
  readVersion,
  versionHeaders,
  type Bucket,
  type ObjectVersion,
  type Store,
  type Version,
} from './bucket-state.ts'
import {
  checksumElement,
  checksumHeaders,
  parseAlgorithm,
  startDigester,
  type Checksum,
} from './checksums.ts'
import { S3Failure } from './failure.ts'
import {
  encryptionHeaders,
  factsOf,
  isArchived,
  objectHeaders,
  writeCondition,
} from './object-facts.ts'
import { changedRetention, checkHasLock, checkRemovable, parseHold } from './object-lock.ts'
import { receiveBody, receiveXml } from './receive-body.ts'
import type { Answer, S3Request } from './s3-request.ts'
import { readBody } from './stored-body.ts'
import { childOf, readXml, textOf, writeXml } from './xml.ts'

/** Keys of one DeleteObjects request. */
const DELETE_MAX_KEYS = 1000

/** Largest object that one CopyObject copies. */
const COPY_MAX_BYTES = 5 * 1024 ** 3

const quoted = (md5: Buffer): string => `"${md5.toString('hex')}"`

const bypasses = (request: S3Request): boolean =>
  request.headers.get('x-amz-bypass-governance-retention')?.toLowerCase() === 'true'

async function putObject(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const facts = factsOf(bucket, request, store.nowMs())
  const condition = writeCondition(bucket, request)
  const received = await receiveBody(request, {
    writer: store.bodies.startBody(),
    algorithms: ['CRC64NVME'],
    verifies: !bucket.lies.has('checksum-verification'),
  })
  const asksForLock = [...request.headers.keys()].some((name) =>
    name.startsWith('x-amz-object-lock-'),
  )
  if (asksForLock && !received.declared && !request.headers.has('content-md5')) {
    throw new S3Failure(
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    )
  }
  condition.check()
  const algorithm = received.declared ?? 'CRC64NVME'
  const checksum: Checksum = { algorithm, type: 'FULL_OBJECT', value: received.value(algorithm) }
  const version = addVersion<ObjectVersion>(bucket, {
    isMarker: false,
    key: request.key ?? '',
    versionId: '',
    modifiedMs: store.nowMs(),
    etag: quoted(received.md5),
    checksum: bucket.lies.has('checksum-report') ? undefined : checksum,
    body: received.body,
    ...facts,
  })
  return { status: 200, headers: writtenHeaders(bucket, version) }
}

/** What the answer to a write says of the new version. */
function writtenHeaders(bucket: Bucket, version: ObjectVersion): Readonly<Record<string, string>> {
  return {
    etag: version.etag,
    ...versionHeaders(bucket, version),
    ...checksumHeaders(version.checksum),
    ...encryptionHeaders(version.encryption),
  }
}

async function headObject(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const version = readVersion(bucket, request.key ?? '', request.query.get('versionId'))
  checkReadCondition(version, request)
  return {
    status: 200,
    headers: {
      ...objectHeaders(bucket, version, shows(store, request)),
      'content-length': String(version.body.sizeBytes),
    },
  }
}

function shows(
  store: Store,
  request: S3Request,
): { readonly checksum: boolean; readonly nowMs: number } {
  const checksum = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
  return { checksum, nowMs: store.nowMs() }
}

function checkReadCondition(version: ObjectVersion, request: S3Request): void {
  const ifMatch = request.headers.get('if-match')
  const ifNoneMatch = request.headers.get('if-none-match')
  if (ifMatch !== undefined && ifMatch !== version.etag) throw new S3Failure('PreconditionFailed')
  if (ifNoneMatch !== undefined && ifNoneMatch === version.etag) throw new S3Failure('NotModified')
}

async function getObject(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const version = readVersion(bucket, request.key ?? '', request.query.get('versionId'))
  checkReadCondition(version, request)
  if (isArchived(version, store.nowMs())) {
    throw new S3Failure('InvalidObjectState', undefined, {
      details: { StorageClass: version.storageClass },
    })
  }
  if (version.body.chunks === undefined) {
    throw new S3Failure('InternalError', 'This double was told to keep checksums and no bytes.')
  }
  const range = parseRange(request.headers.get('range'), version.body.sizeBytes)
  const [start, end] = range ?? [0, version.body.sizeBytes]
  const { checksum, nowMs } = shows(store, request)
  const overrides = [...request.query]
    .filter(([name]) => name.startsWith('response-'))
    .map(([name, value]) => [name.slice('response-'.length), value])
  return {
    status: range ? 206 : 200,
    headers: {
      ...objectHeaders(bucket, version, { checksum: checksum && !range, nowMs }),
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${version.body.sizeBytes}` } : {}),
      ...Object.fromEntries(overrides),
    },
    body: { sizeBytes: end - start, pieces: readBody(version.body, start, end) },
  }
}

/** Start and end of a range, the end not included; undefined for the whole. */
function parseRange(
  header: string | undefined,
  sizeBytes: number,
): readonly [number, number] | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  if (start >= sizeBytes) {
    const headers = { 'content-range': `bytes */${sizeBytes}` }
    throw new S3Failure('InvalidRange', undefined, { headers })
  }
  return [start, end]
}

async function deleteObject(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const key = request.key ?? ''
  const ifMatch = request.headers.get('if-match')
  if (ifMatch !== undefined && ifMatch !== '*') {
    const current = currentVersion(bucket, key)
    if (current === undefined) throw new S3Failure('NoSuchKey')
    if (current.etag !== ifMatch) throw new S3Failure('PreconditionFailed')
  }
  const gone = removeOne(store, bucket, {
    key,
    versionId: request.query.get('versionId'),
    bypasses: bypasses(request),
  })
  const versionId = gone.marker?.versionId ?? request.query.get('versionId')
  return {
    status: 204,
    headers: {
      ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
      ...(gone.marker === undefined ? {} : { 'x-amz-delete-marker': 'true' }),
    },
  }
}

interface Removal {
  readonly key: string
  readonly versionId: string | undefined
  readonly bypasses: boolean
}

/** Removes one version, or hides the key; what is not there is as good as removed. */
function removeOne(
  store: Store,
  bucket: Bucket,
  removal: Removal,
): { readonly marker: Version | undefined } {
  const { key, versionId } = removal
  if (versionId === undefined) {
    if (bucket.versioning !== undefined) {
      const marker = { isMarker: true as const, key, versionId: '', modifiedMs: store.nowMs() }
      return { marker: addVersion(bucket, marker) }
    }
    const current = currentVersion(bucket, key)
    if (current) bucket.history.remove(current)
    return { marker: undefined }
  }
  if (versionId === '') {
    throw new S3Failure('InvalidArgument', 'Version id cannot be the empty string')
  }
  const version = findVersion(bucket, key, versionId)
  if (version === undefined) return { marker: undefined }
  checkRemovable(bucket, version, { bypasses: removal.bypasses, nowMs: store.nowMs() })
  bucket.history.remove(version)
  return { marker: version.isMarker ? version : undefined }
}

async function deleteObjects(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const isChecked = [...request.headers.keys()].some(
    (name) => name === 'content-md5' || /^x-amz-checksum-(?:crc|sha)/.test(name),
  )
  if (!isChecked) {
    throw new S3Failure('InvalidRequest', 'Missing required header for this request: Content-MD5')
  }
  const root = readXml(await receiveXml(request), 'Delete')
  const wanted = root.children.filter((child) => child.name === 'Object')
  if (wanted.length === 0 || wanted.length > DELETE_MAX_KEYS) throw new S3Failure('MalformedXML')
  const results = wanted.map((object) => {
    const key = childOf(object, 'Key')?.text ?? ''
    const versionId = textOf(object, 'VersionId')
    try {
      const { marker } = removeOne(store, bucket, { key, versionId, bypasses: bypasses(request) })
      const isNew = versionId === undefined
      return {
        Deleted: {
          Key: key,
          VersionId: versionId,
          DeleteMarker: marker && true,
          DeleteMarkerVersionId: isNew ? marker?.versionId : undefined,
        },
      }
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error
      return {
        Error: { Key: key, VersionId: versionId, Code: error.code, Message: error.message },
      }
    }
  })
  const isQuiet = textOf(root, 'Quiet') === 'true'
  return xmlAnswer(
    writeXml('DeleteResult', {
      Deleted: isQuiet ? undefined : results.flatMap((one) => one.Deleted ?? []),
      Error: results.flatMap((one) => one.Error ?? []),
    }),
  )
}

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
    etag: quoted(digester.md5()),
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

async function getObjectAttributes(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  if (bucket.lies.has('object-attributes')) return getObject(store, request)
  const version = readVersion(bucket, request.key ?? '', request.query.get('versionId'))
  const wanted = (request.headers.get('x-amz-object-attributes') ?? '')
    .split(',')
    .map((one) => one.trim())
  const known = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']
  if (wanted.some((one) => !known.includes(one))) {
    throw new S3Failure('InvalidArgument', 'Invalid attribute name specified.')
  }
  const { checksum, parts } = version
  const showsParts = wanted.includes('ObjectParts') && parts !== undefined
  const document = writeXml('GetObjectAttributesResponse', {
    ETag: wanted.includes('ETag') ? version.etag.replaceAll('"', '') : undefined,
    Checksum:
      wanted.includes('Checksum') && checksum
        ? { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type }
        : undefined,
    ObjectParts: showsParts
      ? {
          PartsCount: parts.length,
          // S3 lists the parts only of objects whose checksum is made of theirs.
          Part:
            checksum?.type === 'COMPOSITE'
              ? parts.map((part, index) => ({
                  PartNumber: index + 1,
                  Size: part.sizeBytes,
                  [checksumElement(checksum.algorithm)]: part.value,
                }))
              : undefined,
        }
      : undefined,
    StorageClass: wanted.includes('StorageClass') ? version.storageClass : undefined,
    ObjectSize: wanted.includes('ObjectSize') ? version.body.sizeBytes : undefined,
  })
  return xmlAnswer(document, {
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    ...versionHeaders(bucket, version),
  })
}

/** A handler about the lock of one version. */
function onLock(
  act: (found: {
    readonly bucket: Bucket
    readonly version: ObjectVersion
    readonly store: Store
    readonly request: S3Request
  }) => Promise<Answer>,
): Handler {
  return async (store, request) => {
    const bucket = bucketOf(store, request)
    checkHasLock(bucket)
    const version = readVersion(bucket, request.key ?? '', request.query.get('versionId'))
    return act({ bucket, version, store, request })
  }
}

const done: Answer = { status: 200, headers: {} }

/** Handlers of what is about one object. */
export const objectHandlers = {
  PutObject: putObject,
  HeadObject: headObject,
  GetObject: getObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  CopyObject: copyObject,
  GetObjectAttributes: getObjectAttributes,
  GetObjectRetention: onLock(async ({ version: { retention } }) => {
    if (retention === undefined) throw new S3Failure('NoSuchObjectLockConfiguration')
    return xmlAnswer(
      writeXml('Retention', {
        Mode: retention.mode,
        RetainUntilDate: new Date(retention.untilMs).toISOString(),
      }),
    )
  }),
  PutObjectRetention: onLock(async ({ bucket, version, store, request }) => {
    const document = await receiveXml(request)
    const act = { bypasses: bypasses(request), nowMs: store.nowMs() }
    const retention = changedRetention(version, document, act)
    bucket.history.replace(version, { ...version, retention })
    return done
  }),
  GetObjectLegalHold: onLock(async ({ version }) =>
    xmlAnswer(writeXml('LegalHold', { Status: version.legalHold ? 'ON' : 'OFF' })),
  ),
  PutObjectLegalHold: onLock(async ({ bucket, version, request }) => {
    const legalHold = parseHold(textOf(readXml(await receiveXml(request), 'LegalHold'), 'Status'))
    bucket.history.replace(version, { ...version, legalHold })
    return done
  }),
} as const satisfies Record<string, Handler>
