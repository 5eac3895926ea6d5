import { bucketOf, xmlAnswer, type Handler } from './bucket-operations.ts'
import {
  addVersion,
  readVersion,
  versionHeaders,
  type Bucket,
  type ObjectVersion,
  type Store,
} from './bucket-state.ts'
import { checksumElement, checksumHeaders, type Checksum } from './checksums.ts'
import { S3Failure } from './failure.ts'
import {
  encryptionHeaders,
  factsOf,
  isArchived,
  objectHeaders,
  writeCondition,
} from './object-facts.ts'
import { bypassesGovernance, changedRetention, checkHasLock, parseHold } from './object-lock.ts'
import { receiveBody, receiveXml } from './receive-body.ts'
import type { Answer, S3Request } from './s3-request.ts'
import { readBody } from './stored-body.ts'
import { readXml, textOf, writeXml } from './xml.ts'

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
    etag: `"${received.md5.toString('hex')}"`,
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
    const act = { bypasses: bypassesGovernance(request), nowMs: store.nowMs() }
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
