import { createBucket, listedTime, type Bucket, type Store } from './bucket-state.ts'
import { S3Failure } from './failure.ts'
import { configureLock, lockConfigurationXml } from './object-lock.ts'
import { receiveXml } from './receive-body.ts'
import type { Answer, S3Request } from './s3-request.ts'
import { childOf, readXml, textOf, writeXml } from './xml.ts'

/** One operation of the API. */
export type Handler = (store: Store, request: S3Request) => Promise<Answer>

/** An answer that is an XML document. */
export function xmlAnswer(
  document: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status: 200, headers: { ...headers, 'content-type': 'application/xml' }, body: document }
}

/** The bucket that a request names. */
export function bucketOf(store: Store, request: S3Request): Bucket {
  const bucket = store.buckets.get(request.bucket ?? '')
  if (bucket === undefined) {
    const details = { BucketName: request.bucket ?? '' }
    throw new S3Failure('NoSuchBucket', undefined, { details })
  }
  return bucket
}

const done: Answer = { status: 200, headers: {} }

/** A handler that reads a bucket and answers XML. */
function reads(document: (bucket: Bucket) => string): Handler {
  return async (store, request) => xmlAnswer(document(bucketOf(store, request)))
}

/** A handler that changes a bucket as an XML document says. */
function changes(change: (bucket: Bucket, document: string) => void): Handler {
  return async (store, request) => {
    const bucket = bucketOf(store, request)
    change(bucket, await receiveXml(request))
    return done
  }
}

/** Handlers of what is about a bucket as a whole. */
export const bucketHandlers = {
  ListBuckets: async (store: Store): Promise<Answer> =>
    xmlAnswer(
      writeXml('ListAllMyBucketsResult', {
        Owner: { ID: 'owner' },
        Buckets: {
          Bucket: [...store.buckets.values()].map((bucket) => ({
            Name: bucket.name,
            CreationDate: listedTime(bucket.createdMs),
          })),
        },
      }),
    ),
  CreateBucket: async (store: Store, request: S3Request): Promise<Answer> => {
    const name = request.bucket ?? ''
    await receiveXml(request)
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new S3Failure('InvalidBucketName')
    if (store.buckets.has(name)) throw new S3Failure('BucketAlreadyOwnedByYou')
    const bucket = createBucket(name, store.nowMs())
    if (request.headers.get('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
      Object.assign(bucket, { hasLock: true, versioning: 'Enabled' })
    }
    store.buckets.set(name, bucket)
    return { status: 200, headers: { location: `/${name}` } }
  },
  DeleteBucket: async (store: Store, request: S3Request): Promise<Answer> => {
    const bucket = bucketOf(store, request)
    if (bucket.history.keys().length > 0) throw new S3Failure('BucketNotEmpty')
    store.buckets.delete(bucket.name)
    return { status: 204, headers: {} }
  },
  HeadBucket: async (store: Store, request: S3Request): Promise<Answer> => {
    bucketOf(store, request)
    return done
  },
  GetBucketVersioning: reads((bucket) =>
    writeXml('VersioningConfiguration', { Status: bucket.versioning }),
  ),
  PutBucketVersioning: changes((bucket, document) => {
    const status = textOf(readXml(document, 'VersioningConfiguration'), 'Status')
    if (status !== 'Enabled' && status !== 'Suspended') throw new S3Failure('MalformedXML')
    if (status === 'Suspended' && bucket.hasLock) {
      throw new S3Failure(
        'InvalidBucketState',
        'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
      )
    }
    Object.assign(bucket, { versioning: status })
  }),
  GetObjectLockConfiguration: reads(lockConfigurationXml),
  PutObjectLockConfiguration: changes(configureLock),
  GetBucketLifecycleConfiguration: reads((bucket) => {
    if (bucket.lifecycleXml === undefined) throw new S3Failure('NoSuchLifecycleConfiguration')
    return bucket.lifecycleXml
  }),
  PutBucketLifecycleConfiguration: changes((bucket, document) => {
    const { children } = readXml(document, 'LifecycleConfiguration')
    const valid = children.every(
      (rule) => rule.name === 'Rule' && /^(?:En|Dis)abled$/.test(textOf(rule, 'Status') ?? ''),
    )
    if (children.length === 0 || !valid) throw new S3Failure('MalformedXML')
    Object.assign(bucket, { lifecycleXml: document })
  }),
  DeleteBucketLifecycle: async (store: Store, request: S3Request): Promise<Answer> => {
    Object.assign(bucketOf(store, request), { lifecycleXml: undefined })
    return { status: 204, headers: {} }
  },
  GetBucketEncryption: reads(({ encryption }) =>
    writeXml('ServerSideEncryptionConfiguration', {
      Rule: {
        ApplyServerSideEncryptionByDefault: {
          SSEAlgorithm: encryption.algorithm,
          KMSMasterKeyID: encryption.keyId,
        },
        BucketKeyEnabled: false,
      },
    }),
  ),
  PutBucketEncryption: changes((bucket, document) => {
    const root = readXml(document, 'ServerSideEncryptionConfiguration')
    const rule = childOf(childOf(root, 'Rule'), 'ApplyServerSideEncryptionByDefault')
    const algorithm = textOf(rule, 'SSEAlgorithm')
    const keyId = textOf(rule, 'KMSMasterKeyID')
    if (algorithm !== 'AES256' && !algorithm?.startsWith('aws:kms')) {
      throw new S3Failure('MalformedXML')
    }
    const encryption = { algorithm, ...(keyId === undefined ? {} : { keyId }) }
    Object.assign(bucket, { encryption })
  }),
} as const satisfies Record<string, Handler>
