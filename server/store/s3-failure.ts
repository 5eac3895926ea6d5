import { CatalogError, isCatalogError, type ErrorCode } from '../../schema/errors.ts'

/** What a failure is about, for its sentence. */
export interface S3Subject {
  readonly bucket: string
  /** The object's URI, where one was asked for. */
  readonly uri?: string
}

/** What a failed call says of itself, from the AWS SDK's loose shapes. */
interface Failure {
  readonly status: number | undefined
  readonly name: string
  readonly message: string
}

/** Names of errors in the SDK's own credential chain. */
const noCredentials = /Credentials|TokenProvider|SSOToken/
/** Codes whose cause is who asks, whatever status a store gives them. */
const deniedCodes =
  /^(?:AccessDenied|AllAccessDisabled|ExpiredToken|InvalidAccessKeyId|InvalidToken|SignatureDoesNotMatch|AuthorizationHeaderMalformed|RequestTimeTooSkewed|TokenRefreshRequired)$/
const throttledCodes = /^(?:SlowDown|Throttling\w*|TooManyRequests\w*|RequestLimitExceeded)$/

/**
 * What an S3 store answered, as one of our codes: by status first, because stores differ in their codes.
 *
 * Only BLOB_NOT_FOUND says that a version is gone; everything else says that nobody could look.
 */
export function translateS3(error: unknown, subject: S3Subject): CatalogError {
  if (isCatalogError(error)) return error
  const failure = failureOf(error)
  const [code, sentence] = judge(failure)
  const where = subject.uri ?? `the bucket ${subject.bucket}`
  return new CatalogError(code, `${where}: ${sentence}`, {
    cause: error,
    detail: {
      bucket: subject.bucket,
      ...(subject.uri === undefined ? {} : { uri: subject.uri }),
      ...(failure.status === undefined ? {} : { status: failure.status }),
      storeCode: failure.name,
    },
  })
}

function judge({ status, name, message }: Failure): readonly [ErrorCode, string] {
  if (name === 'NoSuchBucket') {
    return ['STORE_UNSUITABLE', 'there is no such bucket: correct its name or endpoint.']
  }
  if (name === 'InvalidObjectState') {
    return ['BLOB_ARCHIVED', 'the version is archived: restore it in the store before reading it.']
  }
  if (status === 404 || status === 410 || status === 405) {
    return ['BLOB_NOT_FOUND', 'the store no longer has this version.']
  }
  if (status === 400 && /version/i.test(message)) {
    return ['BLOB_NOT_FOUND', 'the store says that this cannot be one of its versions.']
  }
  if (status === 401 || status === 403 || deniedCodes.test(name) || noCredentials.test(name)) {
    return [
      'BUCKET_ACCESS_DENIED',
      `the store refuses these credentials (${name}): allow the server's role to do this, and check its clock.`,
    ]
  }
  if (isAway(status, name)) {
    return [
      'STORE_UNAVAILABLE',
      `the store could not answer now (${name}); it is safe to try again.`,
    ]
  }
  if (status !== undefined && status >= 300 && status < 400) {
    return ['STORE_UNSUITABLE', 'the bucket is in another region: correct its region or endpoint.']
  }
  return ['STORE_UNSUITABLE', `the store cannot do what was asked of it (${name}).`]
}

function isAway(status: number | undefined, name: string): boolean {
  if (throttledCodes.test(name)) return true
  // Without a status there was no answer: a timeout, a reset, a name that does not resolve.
  if (status === undefined) return true
  return status === 408 || status === 409 || status === 429 || (status >= 500 && status !== 501)
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { status: undefined, name: 'unknown', message: '' }
  const { name, message } = error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : name
  const status = statusOf(error)
  // An answer that is no XML, as from stores that take a sub-resource for the object itself.
  const isUnreadable = status === 200 || /deserialization/i.test(message)
  if (isUnreadable) return { status: 501, name: 'UnreadableAnswer', message }
  return { status, name: name === 'Error' ? code : name, message }
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error)) return undefined
  const { $metadata: metadata } = error
  if (typeof metadata !== 'object' || metadata === null) return undefined
  if (!('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
