import { bucketOf, xmlAnswer, type Handler } from './bucket-operations.ts'
import {
  addVersion,
  newOpaqueId,
  versionHeaders,
  type Bucket,
  type ObjectVersion,
  type Store,
  type Upload,
  type UploadedPart,
} from './bucket-state.ts'
import {
  checksumAlgorithms,
  checksumElement,
  checksumHeader,
  combineChecksums,
  parseAlgorithm,
  startDigester,
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumType,
} from './checksums.ts'
import { S3Failure } from './failure.ts'
import { encryptionHeaders, factsOf, writeCondition } from './object-facts.ts'
import { receiveBody, receiveXml } from './receive-body.ts'
import type { Answer, S3Request } from './s3-request.ts'
import { joinBodies } from './stored-body.ts'
import { readXml, textOf, writeXml, type XmlNode } from './xml.ts'

/** Parts of one upload. */
export const PARTS_MAX_COUNT = 10_000

const hashes = new Set<ChecksumAlgorithm>(['SHA1', 'SHA256'])

/** The algorithm and type of checksum that an upload is to have. */
function uploadChecksum(
  headers: ReadonlyMap<string, string>,
): Pick<Upload, 'algorithm' | 'type' | 'isExplicit'> {
  const name = headers.get('x-amz-checksum-algorithm')
  const asked = headers.get('x-amz-checksum-type')
  if (name === undefined) {
    if (asked !== undefined) {
      throw new S3Failure(
        'InvalidRequest',
        'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
      )
    }
    return { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', isExplicit: false }
  }
  const algorithm = parseAlgorithm(name)
  const type = parseType(asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'))
  const impossible = type === 'FULL_OBJECT' ? hashes.has(algorithm) : algorithm === 'CRC64NVME'
  if (impossible) {
    throw new S3Failure(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    )
  }
  return { algorithm, type, isExplicit: true }
}

function parseType(text: string): ChecksumType {
  if (text === 'FULL_OBJECT' || text === 'COMPOSITE') return text
  throw new S3Failure('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.')
}

async function createMultipartUpload(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  await receiveXml(request)
  const upload: Upload = {
    uploadId: newOpaqueId(),
    key: request.key ?? '',
    startedMs: store.nowMs(),
    facts: factsOf(bucket, request, store.nowMs()),
    ...uploadChecksum(request.headers),
    parts: new Map(),
  }
  bucket.uploads.set(upload.uploadId, upload)
  const document = writeXml('InitiateMultipartUploadResult', {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.uploadId,
  })
  return xmlAnswer(document, {
    ...encryptionHeaders(upload.facts.encryption),
    ...(upload.isExplicit
      ? { 'x-amz-checksum-algorithm': upload.algorithm, 'x-amz-checksum-type': upload.type }
      : {}),
  })
}

/** The upload that a request names. */
export function uploadOf(bucket: Bucket, request: S3Request): Upload {
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '')
  if (upload === undefined || upload.key !== request.key) throw new S3Failure('NoSuchUpload')
  return upload
}

async function uploadPart(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const upload = uploadOf(bucket, request)
  const number = Number(request.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > PARTS_MAX_COUNT) {
    throw new S3Failure('InvalidArgument', 'Part number must be an integer between 1 and 10000')
  }
  const received = await receiveBody(request, {
    writer: store.bodies.startBody(),
    algorithms: [upload.algorithm],
    verifies: !bucket.lies.has('checksum-verification'),
  })
  const { declared } = received
  const mismatched =
    declared === undefined ? upload.type === 'COMPOSITE' : declared !== upload.algorithm
  if (upload.isExplicit && mismatched) {
    throw new S3Failure(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${declared?.toLowerCase() ?? 'null'}`,
    )
  }
  // It may have been aborted while the part came.
  uploadOf(bucket, request)
  const shown = declared ?? upload.algorithm
  const checksums = new Map([upload.algorithm, shown].map((one) => [one, received.value(one)]))
  const part: UploadedPart = {
    etag: `"${received.md5.toString('hex')}"`,
    md5: received.md5,
    body: received.body,
    modifiedMs: store.nowMs(),
    checksums,
  }
  upload.parts.set(number, part)
  return {
    status: 200,
    headers: {
      etag: part.etag,
      ...encryptionHeaders(upload.facts.encryption),
      ...(bucket.lies.has('checksum-report')
        ? {}
        : { [checksumHeader(shown)]: checksums.get(shown) ?? '' }),
    },
  }
}

async function completeMultipartUpload(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const upload = uploadOf(bucket, request)
  const condition = writeCondition(bucket, request)
  const root = readXml(await receiveXml(request, false), 'CompleteMultipartUpload')
  const listed = root.children.filter((child) => child.name === 'Part')
  if (listed.length === 0 || listed.length > PARTS_MAX_COUNT) throw new S3Failure('MalformedXML')
  const parts = chosenParts(upload, listed, store.partMinBytes)
  const values = parts.map((part) => ({
    value: part.checksums.get(upload.algorithm) ?? '',
    sizeBytes: part.body.sizeBytes,
  }))
  const checksum = combineChecksums(upload.algorithm, upload.type, values)
  checkWhole(request, upload, {
    checksum,
    sizeBytes: values.reduce((sum, part) => sum + part.sizeBytes, 0),
    verifies: !bucket.lies.has('checksum-verification'),
  })
  uploadOf(bucket, request)
  condition.check()
  const digester = startDigester([])
  for (const part of parts) digester.update(part.md5)
  const version = addVersion<ObjectVersion>(bucket, {
    ...upload.facts,
    isMarker: false,
    key: upload.key,
    versionId: '',
    // S3 dates an object of parts by the start of its upload.
    modifiedMs: upload.startedMs,
    etag: `"${digester.md5().toString('hex')}-${parts.length}"`,
    checksum: bucket.lies.has('checksum-report') ? undefined : checksum,
    body: joinBodies(parts.map((part) => part.body)),
    parts: values,
  })
  bucket.uploads.delete(upload.uploadId)
  const document = writeXml('CompleteMultipartUploadResult', {
    Location: `/${bucket.name}/${upload.key}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: version.etag,
    [checksumElement(upload.algorithm)]: version.checksum?.value,
    ChecksumType: version.checksum?.type,
  })
  return xmlAnswer(document, {
    ...versionHeaders(bucket, version),
    ...encryptionHeaders(version.encryption),
  })
}

function chosenParts(
  upload: Upload,
  listed: readonly XmlNode[],
  partMinBytes: number,
): readonly UploadedPart[] {
  const numbers = listed.map((one) => Number(textOf(one, 'PartNumber')))
  if (numbers.some((number, index) => !(number > (numbers[index - 1] ?? 0)))) {
    throw new S3Failure('InvalidPartOrder')
  }
  return listed.map((one, index) => {
    const number = numbers[index] ?? 0
    const part = upload.parts.get(number)
    const etag = textOf(one, 'ETag')?.replaceAll('"', '')
    if (part === undefined || part.etag !== `"${etag}"`) {
      const details = { UploadId: upload.uploadId, PartNumber: String(number), ETag: etag ?? '' }
      throw new S3Failure('InvalidPart', undefined, { details })
    }
    checkListedChecksums(upload, part, one)
    const isLast = index === listed.length - 1
    if (!isLast && part.body.sizeBytes < partMinBytes) {
      throw new S3Failure('EntityTooSmall', undefined, {
        details: {
          PartNumber: String(number),
          ProposedSize: String(part.body.sizeBytes),
          MinSizeAllowed: String(partMinBytes),
        },
      })
    }
    return part
  })
}

function checkListedChecksums(upload: Upload, part: UploadedPart, listed: XmlNode): void {
  for (const algorithm of checksumAlgorithms) {
    const given = textOf(listed, checksumElement(algorithm))
    if (given !== undefined && given !== part.checksums.get(algorithm)) {
      throw new S3Failure('InvalidPart')
    }
  }
  const isNeeded = upload.isExplicit && upload.type === 'COMPOSITE'
  if (isNeeded && textOf(listed, checksumElement(upload.algorithm)) === undefined) {
    throw new S3Failure(
      'InvalidRequest',
      `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${textOf(listed, 'PartNumber')} in the request.`,
    )
  }
}

function checkWhole(
  request: S3Request,
  upload: Upload,
  found: { readonly checksum: Checksum; readonly sizeBytes: number; readonly verifies: boolean },
): void {
  const type = request.headers.get('x-amz-checksum-type')
  if (type !== undefined && parseType(type) !== upload.type) {
    throw new S3Failure('InvalidRequest', `The upload was created with the type ${upload.type}.`)
  }
  const size = request.headers.get('x-amz-mp-object-size')
  if (size !== undefined && size !== String(found.sizeBytes)) {
    throw new S3Failure('InvalidRequest', 'The size you specified is not that of the parts.')
  }
  const given = request.headers.get(checksumHeader(upload.algorithm))
  if (given === undefined || !found.verifies) return
  const [whole] = given.split('-')
  if (given !== found.checksum.value && whole !== found.checksum.value.split('-')[0]) {
    throw new S3Failure('BadDigest')
  }
}

async function abortMultipartUpload(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  bucket.uploads.delete(uploadOf(bucket, request).uploadId)
  return { status: 204, headers: {} }
}

/** Handlers of uploads in parts. */
export const multipartHandlers = {
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
} as const satisfies Record<string, Handler>
