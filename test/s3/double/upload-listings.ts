import { bucketOf, xmlAnswer, type Handler } from './bucket-operations.ts'
import { compareKeys, listedTime, type Store, type Upload } from './bucket-state.ts'
import { checksumElement } from './checksums.ts'
import { PARTS_MAX_COUNT, uploadOf } from './multipart-operations.ts'
import { parseCount, type Answer, type S3Request } from './s3-request.ts'
import { writeXml } from './xml.ts'

/** Largest page of a listing. */
const PAGE_MAX_COUNT = 1000

async function listParts(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const upload = uploadOf(bucket, request)
  const { query } = request
  const bounds = { min: 0, max: PAGE_MAX_COUNT, fallback: PAGE_MAX_COUNT }
  const limit = parseCount('max-parts', query.get('max-parts'), bounds)
  const marker = parseCount('part-number-marker', query.get('part-number-marker'), {
    min: 0,
    max: PARTS_MAX_COUNT,
    fallback: 0,
  })
  const after = [...upload.parts]
    .filter(([number]) => number > marker)
    .sort(([one], [other]) => one - other)
  const page = after.slice(0, limit)
  return xmlAnswer(
    writeXml('ListPartsResult', {
      Bucket: bucket.name,
      Key: upload.key,
      UploadId: upload.uploadId,
      StorageClass: upload.facts.storageClass,
      ChecksumAlgorithm: upload.isExplicit ? upload.algorithm : undefined,
      ChecksumType: upload.isExplicit ? upload.type : undefined,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.[0] ?? 0,
      MaxParts: limit,
      IsTruncated: page.length < after.length,
      Part: page.map(([number, part]) => ({
        PartNumber: number,
        LastModified: listedTime(part.modifiedMs),
        ETag: part.etag,
        Size: part.body.sizeBytes,
        ...Object.fromEntries(
          [...part.checksums].map(([algorithm, value]) => [checksumElement(algorithm), value]),
        ),
      })),
    }),
  )
}

async function listMultipartUploads(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const { query } = request
  const bounds = { min: 1, max: PAGE_MAX_COUNT, fallback: PAGE_MAX_COUNT }
  const limit = parseCount('max-uploads', query.get('max-uploads'), bounds)
  const prefix = query.get('prefix') ?? ''
  const keyMarker = query.get('key-marker') ?? ''
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '')
  const isAfter = (upload: Upload): boolean => {
    const order = compareKeys(upload.key, keyMarker)
    return order > 0 || (order === 0 && idMarker !== '' && upload.uploadId > idMarker)
  }
  const after = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix) && (keyMarker === '' || isAfter(upload)))
    .sort(
      (one, other) => compareKeys(one.key, other.key) || compareKeys(one.uploadId, other.uploadId),
    )
  const page = after.slice(0, limit)
  const isTruncated = page.length < after.length
  return xmlAnswer(
    writeXml('ListMultipartUploadsResult', {
      Bucket: bucket.name,
      KeyMarker: keyMarker,
      UploadIdMarker: idMarker,
      Prefix: prefix,
      MaxUploads: limit,
      IsTruncated: isTruncated,
      NextKeyMarker: isTruncated ? page.at(-1)?.key : undefined,
      NextUploadIdMarker: isTruncated ? page.at(-1)?.uploadId : undefined,
      Upload: page.map((upload) => ({
        Key: upload.key,
        UploadId: upload.uploadId,
        Initiated: listedTime(upload.startedMs),
        StorageClass: upload.facts.storageClass,
        ChecksumAlgorithm: upload.isExplicit ? upload.algorithm : undefined,
        ChecksumType: upload.isExplicit ? upload.type : undefined,
      })),
    }),
  )
}

/** Handlers that list uploads and their parts. */
export const uploadListingHandlers = {
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
} as const satisfies Record<string, Handler>
