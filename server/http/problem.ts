import { CatalogError, isCatalogError, type ErrorCode } from '../../schema/errors.ts'
import type { Problem } from '../../schema/problem.ts'

/** The status of every code: a new code without one does not compile. */
export const problemStatus: Readonly<Record<ErrorCode, number>> = {
  MALFORMED_JSON: 400,
  INVALID_TYPE: 400,
  INVALID_REQUEST: 400,
  UNKNOWN_PROPERTY: 400,
  INVALID_NAME: 400,
  INVALID_DIGEST: 400,
  INVALID_CURSOR: 400,
  NOT_CANONICAL: 400,
  DIGEST_MISMATCH: 422,
  UNPINNED_BLOB: 422,
  BODY_TOO_LARGE: 413,
  BATCH_TOO_LARGE: 413,
  DOCUMENT_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  HOST_NOT_ALLOWED: 421,
  IDEMPOTENCY_KEY_REUSED: 422,
  LOG_INDEX_OUT_OF_RANGE: 400,
  TOKEN_MISSING: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  NAMESPACE_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  POLICY_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  CHECKPOINT_NOT_FOUND: 404,
  ENVIRONMENT_NOT_FOUND: 404,
  HOLD_NOT_FOUND: 404,
  DRILL_TARGET_NOT_FOUND: 404,
  RETENTION_RUN_NOT_FOUND: 404,
  BASE_NOT_FOUND: 422,
  PARENT_NOT_FOUND: 422,
  NO_GOOD_CHECKPOINT: 404,
  BUCKET_NOT_FOUND: 404,
  TILE_NOT_FOUND: 404,
  BLOB_NOT_FOUND: 404,
  RUN_CLOSED: 409,
  RUN_MISMATCH: 422,
  SHARDS_INCOMPLETE: 422,
  PLAN_TOO_LARGE: 422,
  RETENTION_TOO_LARGE: 422,
  ATTEMPT_FENCED: 409,
  STEP_REGRESSION: 409,
  REGISTRATION_CONFLICT: 409,
  BASE_REQUIRED: 422,
  BASE_MISMATCH: 422,
  BASE_NOT_GOOD: 409,
  CHAIN_TOO_LONG: 422,
  CHAIN_IN_USE: 409,
  ALREADY_TOMBSTONED: 409,
  LINEAGE_CYCLE: 409,
  CHECKPOINT_NOT_GOOD: 409,
  RESUME_MISMATCH: 422,
  RESUME_TOKEN_INVALID: 400,
  RESUME_TOKEN_EXPIRED: 410,
  RESUME_TOKEN_MISMATCH: 409,
  RESUME_TOKEN_STALE: 409,
  WINDOW_MISMATCH: 409,
  POLICY_VIOLATED: 422,
  BUCKET_NOT_ALLOWED: 422,
  BUCKET_ACCESS_DENIED: 502,
  BLOB_ARCHIVED: 409,
  BLOB_LOCKED: 409,
  STORE_UNSUITABLE: 422,
  STORE_UNAVAILABLE: 503,
  OVERLOADED: 503,
  STORAGE_FULL: 507,
  STORAGE_UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
  NOT_WITNESSED: 504,
  SCHEMA_UNKNOWN: 503,
  LOG_ROLLED_BACK: 503,
  LOG_CORRUPT: 503,
  CONFIG_INVALID: 500,
  INTERNAL: 500,
  NAMESPACE_NOT_EMPTY: 409,
  DOCUMENT_MISSING: 404,
  COPY_CORRUPT: 500,
  CONNECTION_FAILED: 502,
  DEADLINE_EXCEEDED: 504,
  ABORTED: 499,
  SPOOL_CORRUPT: 500,
  SPOOL_LOCKED: 500,
  BLOB_CORRUPT: 500,
  PROOF_INVALID: 500,
  LOG_CONTRADICTED: 500,
  STORE_FAILED: 500,
}

/** Seconds after which to try again when the queue is full or the database is away. */
const RETRY_AFTER_SECONDS = 1

/** Any throw as the one problem document; what was not foreseen says nothing of its inside. */
export function toProblem(error: unknown, requestId?: string): Problem {
  const known = isCatalogError(error)
    ? error
    : new CatalogError(
        'INTERNAL',
        "The catalog failed in a way it did not foresee. It is safe to send the request again; if it stays, give the request id to the catalog's operator.",
      )
  const { pointer, ...facts } = known.detail
  return {
    type: `urn:cairn:problem:${known.code.toLowerCase().replaceAll('_', '-')}`,
    title: known.code,
    status: problemStatus[known.code],
    detail: known.message,
    code: known.code,
    retryable: known.retryable,
    ...(requestId === undefined ? {} : { requestId }),
    ...(typeof pointer === 'string' ? { pointer } : {}),
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  }
}

/** Headers that go with a problem. */
export function problemHeaders(problem: Problem): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(problem.status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}),
    ...(problem.status === 401 ? { 'www-authenticate': 'Bearer realm="cairn"' } : {}),
    ...(typeof problem.facts?.['allowed'] === 'string' ? { allow: problem.facts['allowed'] } : {}),
  }
}
