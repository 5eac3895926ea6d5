import { CatalogError, errorCodes, isErrorCode, type ErrorCode } from '../schema/errors.ts'
import { parseRetryAfterMs, type Failure } from './retry.ts'

/** An answer that is not a success. */
export interface Refusal {
  readonly status: number
  readonly headers: Headers
  /** The body as text, cut to a bound and without the token. */
  readonly text: string
}

/** What a problem body says, as far as it can be read. */
interface ReadProblem {
  readonly code: string
  readonly sentence: string
  readonly retryable: boolean | undefined
  readonly detail: Readonly<Record<string, unknown>>
}

/** Statuses that pass by themselves, also when it is a proxy that answers. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** Codes for an answer without a problem body: something else than the catalog may have answered. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'TOKEN_INVALID',
  403: 'FORBIDDEN',
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'OVERLOADED',
  503: 'OVERLOADED',
}

/**
 * Turns an answer that is not a success into a failure with the catalog's code and sentence.
 *
 * The error's `detail` has the catalog's facts, and `status`, `requestId`, `pointer`, `retryAfterMs`
 * and `fromCatalog`: false when the body is no problem of the catalog, so that a proxy may have answered.
 */
export function failureOf(refusal: Refusal): Failure {
  const { status, headers } = refusal
  const problem = parseProblem(refusal.text)
  const code = codeOf(status, problem)
  const retryAfterMs = parseRetryAfterMs(headers)
  const error = new CatalogError(code, problem?.sentence ?? foreignSentence(status), {
    detail: {
      ...problem?.detail,
      ...(problem !== undefined && problem.code !== code ? { serverCode: problem.code } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      requestId: problem?.detail['requestId'] ?? headers.get('x-request-id'),
      status,
      fromCatalog: problem !== undefined,
    },
  })
  const passes = problem?.retryable ?? passingStatuses.has(status)
  const throttled = status === 429 || code === 'OVERLOADED'
  return {
    error,
    kind: passes ? (throttled ? 'throttled' : 'transient') : 'final',
    retryAfterMs,
  }
}

function codeOf(status: number, problem: ReadProblem | undefined): ErrorCode {
  if (problem !== undefined) {
    // A newer catalog may have codes that this client does not know; the caller sees them in detail.
    if (isErrorCode(problem.code)) return problem.code
    return status >= 500 ? 'INTERNAL' : 'INVALID_REQUEST'
  }
  const known = codeOfStatus[status]
  if (known !== undefined) return known
  if (passingStatuses.has(status) || status >= 500) return 'CONNECTION_FAILED'
  return status < 400 ? 'CONFIG_INVALID' : 'INVALID_REQUEST'
}

function foreignSentence(status: number): string {
  if (status < 400) {
    return `The answer was a redirect (${status}), which is not followed: set "url" to where the catalog itself is.`
  }
  return `The answer had status ${status} and no problem body: check that "url" leads to the catalog and what stands between.`
}

function parseProblem(text: string): ReadProblem | undefined {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof body !== 'object' || body === null) return undefined
  const { code, detail, retryable, requestId, pointer, facts } = body as Record<string, unknown>
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined
  return {
    code,
    sentence: detail,
    retryable: typeof retryable === 'boolean' ? retryable : undefined,
    detail: {
      ...(typeof facts === 'object' ? facts : {}),
      ...(typeof requestId === 'string' ? { requestId } : {}),
      ...(typeof pointer === 'string' ? { pointer } : {}),
    },
  }
}

/** Whether the catalog itself, and for good, refused what was sent. */
export function isRefusal(error: CatalogError): boolean {
  return (
    error.detail['fromCatalog'] === true &&
    !errorCodes[error.code].retryable &&
    !waitingCodes.has(error.code)
  )
}

/** Refusals that are about who asks, where or how, and pass when that is mended. */
const waitingCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'HOST_NOT_ALLOWED',
  'ROUTE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'UNSUPPORTED_MEDIA_TYPE',
  // The server's own trouble, which it says will not pass by itself.
  'SCHEMA_UNKNOWN',
  'CONFIG_INVALID',
  'LOG_ROLLED_BACK',
  'LOG_CORRUPT',
])
