import { bucketHandlers, type Handler } from './bucket-operations.ts'
import { copyHandlers } from './copy-operation.ts'
import { deleteHandlers } from './delete-operations.ts'
import { S3Failure } from './failure.ts'
import { listingHandlers } from './listing-operations.ts'
import { multipartHandlers } from './multipart-operations.ts'
import { objectHandlers } from './object-operations.ts'
import type { S3Request } from './s3-request.ts'
import { uploadListingHandlers } from './upload-listings.ts'

/** Every operation of the double. */
export const handlers = {
  ...bucketHandlers,
  ...objectHandlers,
  ...deleteHandlers,
  ...copyHandlers,
  ...listingHandlers,
  ...multipartHandlers,
  ...uploadListingHandlers,
} as const satisfies Record<string, Handler>

/** An operation, by its name in the S3 API. */
export type S3Operation = keyof typeof handlers

type Level = 'service' | 'bucket' | 'object'

/** Level, method and the parts of the query that tell operations apart. */
const routes: Readonly<Record<S3Operation, readonly [Level, string, ...string[]]>> = {
  ListBuckets: ['service', 'GET'],
  CreateBucket: ['bucket', 'PUT'],
  DeleteBucket: ['bucket', 'DELETE'],
  HeadBucket: ['bucket', 'HEAD'],
  GetBucketVersioning: ['bucket', 'GET', 'versioning'],
  PutBucketVersioning: ['bucket', 'PUT', 'versioning'],
  GetObjectLockConfiguration: ['bucket', 'GET', 'object-lock'],
  PutObjectLockConfiguration: ['bucket', 'PUT', 'object-lock'],
  GetBucketLifecycleConfiguration: ['bucket', 'GET', 'lifecycle'],
  PutBucketLifecycleConfiguration: ['bucket', 'PUT', 'lifecycle'],
  DeleteBucketLifecycle: ['bucket', 'DELETE', 'lifecycle'],
  GetBucketEncryption: ['bucket', 'GET', 'encryption'],
  PutBucketEncryption: ['bucket', 'PUT', 'encryption'],
  ListObjectsV2: ['bucket', 'GET', 'list-type'],
  ListObjectVersions: ['bucket', 'GET', 'versions'],
  ListMultipartUploads: ['bucket', 'GET', 'uploads'],
  DeleteObjects: ['bucket', 'POST', 'delete'],
  PutObject: ['object', 'PUT'],
  CopyObject: ['object', 'PUT', 'copy'],
  GetObject: ['object', 'GET'],
  HeadObject: ['object', 'HEAD'],
  DeleteObject: ['object', 'DELETE'],
  GetObjectAttributes: ['object', 'GET', 'attributes'],
  GetObjectRetention: ['object', 'GET', 'retention'],
  PutObjectRetention: ['object', 'PUT', 'retention'],
  GetObjectLegalHold: ['object', 'GET', 'legal-hold'],
  PutObjectLegalHold: ['object', 'PUT', 'legal-hold'],
  CreateMultipartUpload: ['object', 'POST', 'uploads'],
  UploadPart: ['object', 'PUT', 'partNumber', 'uploadId'],
  CompleteMultipartUpload: ['object', 'POST', 'uploadId'],
  AbortMultipartUpload: ['object', 'DELETE', 'uploadId'],
  ListParts: ['object', 'GET', 'uploadId'],
}

/** Query parameters that never tell operations apart; any other is a part of the API that is not here. */
const plain =
  /^(?:x-id|versionId|prefix|delimiter|marker|max-.+|encoding-type|continuation-token|start-after|fetch-owner|key-marker|version-id-marker|upload-id-marker|part-number-marker|response-.+|x-amz-.+)$/i

const operations = new Map(
  Object.keys(handlers).map((name) => {
    const operation = parseOperation(name)
    const [level, method, ...marks] = routes[operation]
    return [[level, method, ...marks.sort()].join(' '), operation]
  }),
)

function parseOperation(name: string): S3Operation {
  if (Object.hasOwn(handlers, name)) return name as S3Operation
  throw new S3Failure('NotImplemented')
}

/** The operation that a request asks for. */
export function operationOf(request: S3Request): S3Operation {
  const level =
    request.bucket === undefined ? 'service' : request.key === undefined ? 'bucket' : 'object'
  const marks = [...request.query.keys()].filter((name) => !plain.test(name))
  if (request.headers.has('x-amz-copy-source')) marks.push('copy')
  const operation = operations.get([level, request.method, ...marks.sort()].join(' '))
  if (operation === undefined) {
    const asked = `${request.method} on ${level} with ${marks.join(', ') || 'no sub-resource'}`
    throw new S3Failure('NotImplemented', `The double has no operation for ${asked}.`)
  }
  return operation
}
