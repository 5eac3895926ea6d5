import { CatalogError, isCatalogError, type ErrorCode } from '../../../schema/errors.ts'
import type { Failure } from '../../retry.ts'

/** What a store answered, or that it did not. */
export interface S3Answer {
  /** Undefined when there was no answer. */
  readonly status: number | undefined
  /** S3's code, such as `SlowDown`, or the system's, such as `ECONNRESET`. */
  readonly name: string
  readonly message: string
}

/** What of a request an error's sentence needs. */
export interface S3Subject {
  /** Such as `Putting the blob "model.bin" into s3://states`. */
  readonly what: string
  readonly bucket: string
}

type Judgement = readonly [code: ErrorCode, kind: Failure['kind'], remedy: string]

const throttled =
  /^(?:SlowDown|Throttl\w*|TooManyRequests\w*|RequestLimitExceeded|BandwidthLimitExceeded)$/
const noCredentials = /Credentials|TokenProvider|SSOToken|ExpiredToken/
/** Bytes or headers that were altered on their way; the same request again is another chance. */
const damaged = /^(?:BadDigest|InvalidDigest|XAmzContentSHA256Mismatch|IncompleteBody)$/
/** A request's own time ran out at the store, or our clock is wrong, which the SDK sets right by the answer. */
const untimely = /^(?:RequestTimeout|RequestTimeTooSkewed|RequestExpired)$/

/** Reads what the AWS SDK threw, whose shapes are loose. */
export function readAnswer(cause: unknown): S3Answer {
  if (!(cause instanceof Error)) return { status: undefined, name: 'unknown', message: '' }
  const { message } = cause
  const status = statusOf(cause)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  return { status, name: status === undefined ? (code ?? cause.name) : cause.name, message }
}

/**
 * A failure of the store as one of our codes, and whether to try again: by status first, because stores differ
 * in their codes.
 */
export function failureOfS3(cause: unknown, { what, bucket }: S3Subject): Failure {
  if (isCatalogError(cause)) return { error: cause, kind: 'final' }
  const answer = readAnswer(cause)
  const [code, kind, remedy] = judge(answer)
  const { status, name } = answer
  const why = status === undefined ? name : `${status} ${name}`
  const error = new CatalogError(code, `${what} failed (${why}): ${remedy}.`, {
    // Not the SDK's own error: that holds the signed request, and with it a session's token.
    cause: new Error(`${name}: ${answer.message}`),
    detail: { bucket, storeCode: name, ...(status === undefined ? {} : { status }) },
  })
  return { error, kind }
}

function judge(answer: S3Answer): Judgement {
  const { status, name, message } = answer
  if (noCredentials.test(name)) return denied('no valid credentials were found: give the job some')
  if (/region is missing/i.test(message)) {
    return ['CONFIG_INVALID', 'final', 'name a "region", or set AWS_REGION']
  }
  if (throttled.test(name) || status === 429) {
    return ['STORE_UNAVAILABLE', 'throttled', 'the store asks to slow down; try again later']
  }
  if (untimely.test(name)) {
    return ['STORE_UNAVAILABLE', 'transient', "check the network, and this machine's clock"]
  }
  if (damaged.test(name)) {
    return [
      'STORE_UNAVAILABLE',
      'transient',
      'bytes were altered on their way; look at the network',
    ]
  }
  // 409 is a race that another request has won for the moment.
  if (status === undefined || status === 408 || status === 409) {
    return ['STORE_UNAVAILABLE', 'transient', 'check that the endpoint is right and can be reached']
  }
  if (status >= 500 && status !== 501) {
    return ['STORE_UNAVAILABLE', 'transient', 'the store has trouble; try again later']
  }
  return judgeRefusal(status, name, message)
}

function judgeRefusal(status: number, name: string, message: string): Judgement {
  if (name === 'NoSuchBucket') {
    return unsuitable('there is no such bucket: correct its name or the endpoint')
  }
  if (name === 'InvalidObjectState') {
    return ['BLOB_ARCHIVED', 'final', 'the version is archived: restore it in the store first']
  }
  if (status === 401 || status === 403) {
    return denied(
      `the store refuses this principal: allow it what the job does, or look at its key`,
    )
  }
  const isGone = status === 404 || status === 405 || status === 410
  // AWS calls an id that is none of its own a bad argument.
  if (isGone || (status === 400 && /version/i.test(message))) {
    return [
      'BLOB_NOT_FOUND',
      'final',
      'it is not there; use a fallback of the plan, or put it again',
    ]
  }
  if (status < 400) return unsuitable('the bucket is elsewhere: correct its region or endpoint')
  return unsuitable(
    'the store cannot do this: see the cause, and whether the store is one for Cairn',
  )
}

function denied(remedy: string): Judgement {
  return ['BUCKET_ACCESS_DENIED', 'final', remedy]
}

function unsuitable(remedy: string): Judgement {
  return ['STORE_UNSUITABLE', 'final', remedy]
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error)) return undefined
  const { $metadata: metadata } = error
  if (typeof metadata !== 'object' || metadata === null) return undefined
  if (!('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
