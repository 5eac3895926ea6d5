/**
 * Every way in which the catalog says no, and whether the same request may succeed later.
 *
 * The set is closed: a new code needs a status in `server/http/problem.ts` or nothing compiles.
 * `retryable` means that the same request, unchanged, may succeed after a pause.
 */
export const errorCodes = {
  // What was sent cannot be read.
  MALFORMED_JSON: { retryable: false },
  INVALID_TYPE: { retryable: false },
  INVALID_REQUEST: { retryable: false },
  UNKNOWN_PROPERTY: { retryable: false },
  INVALID_NAME: { retryable: false },
  INVALID_DIGEST: { retryable: false },
  INVALID_CURSOR: { retryable: false },
  NOT_CANONICAL: { retryable: false },
  DIGEST_MISMATCH: { retryable: false },
  UNPINNED_BLOB: { retryable: false },
  FORMAT_SCHEMA_INVALID: { retryable: false },
  UPCAST_INVALID: { retryable: false },
  BODY_TOO_LARGE: { retryable: false },
  BATCH_TOO_LARGE: { retryable: false },
  DOCUMENT_TOO_LARGE: { retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { retryable: false },
  ROUTE_NOT_FOUND: { retryable: false },
  METHOD_NOT_ALLOWED: { retryable: false },
  HOST_NOT_ALLOWED: { retryable: false },
  IDEMPOTENCY_KEY_REUSED: { retryable: false },
  LOG_INDEX_OUT_OF_RANGE: { retryable: false },

  // Who asks.
  TOKEN_MISSING: { retryable: false },
  TOKEN_INVALID: { retryable: false },
  TOKEN_EXPIRED: { retryable: false },
  FORBIDDEN: { retryable: false },

  // What is named does not exist.
  NAMESPACE_NOT_FOUND: { retryable: false },
  JOB_NOT_FOUND: { retryable: false },
  POLICY_NOT_FOUND: { retryable: false },
  FORMAT_NOT_FOUND: { retryable: false },
  RUN_NOT_FOUND: { retryable: false },
  CHECKPOINT_NOT_FOUND: { retryable: false },
  ENVIRONMENT_NOT_FOUND: { retryable: false },
  HOLD_NOT_FOUND: { retryable: false },
  DRILL_TARGET_NOT_FOUND: { retryable: false },
  RETENTION_RUN_NOT_FOUND: { retryable: false },
  RESERVATION_NOT_FOUND: { retryable: false },
  RESTORE_NOT_FOUND: { retryable: false },
  BASE_NOT_FOUND: { retryable: false },
  PARENT_NOT_FOUND: { retryable: false },
  NO_GOOD_CHECKPOINT: { retryable: false },
  BUCKET_NOT_FOUND: { retryable: false },
  TILE_NOT_FOUND: { retryable: false },
  BLOB_NOT_FOUND: { retryable: false },

  // What is asked contradicts what is recorded.
  RUN_CLOSED: { retryable: false },
  RUN_MISMATCH: { retryable: false },
  SHARDS_INCOMPLETE: { retryable: false },
  RESERVATION_CONFLICT: { retryable: false },
  RESERVATION_EXPIRED: { retryable: false },
  RESERVATION_ENDED: { retryable: false },
  SHARD_CONFLICT: { retryable: false },
  RANK_OUT_OF_RANGE: { retryable: false },
  WORLD_SIZE_MISMATCH: { retryable: false },
  PLAN_TOO_LARGE: { retryable: false },
  RETENTION_TOO_LARGE: { retryable: false },
  ATTEMPT_FENCED: { retryable: false },
  STEP_REGRESSION: { retryable: false },
  REGISTRATION_CONFLICT: { retryable: false },
  BASE_REQUIRED: { retryable: false },
  BASE_MISMATCH: { retryable: false },
  BASE_NOT_GOOD: { retryable: false },
  CHAIN_TOO_LONG: { retryable: false },
  CHAIN_IN_USE: { retryable: false },
  ALREADY_TOMBSTONED: { retryable: false },
  LINEAGE_CYCLE: { retryable: false },
  CHECKPOINT_NOT_GOOD: { retryable: false },
  RESUME_MISMATCH: { retryable: false },
  RESUME_TOKEN_INVALID: { retryable: false },
  RESUME_TOKEN_EXPIRED: { retryable: false },
  RESUME_TOKEN_MISMATCH: { retryable: false },
  RESUME_TOKEN_STALE: { retryable: false },
  WINDOW_MISMATCH: { retryable: false },
  RESTORE_CLOSED: { retryable: false },
  DRIFT_REFUSED: { retryable: false },
  DRIFT_UNACKNOWLEDGED: { retryable: false },
  POLICY_VIOLATED: { retryable: false },
  FORMAT_CONFLICT: { retryable: false },
  FORMAT_INCOMPATIBLE: { retryable: false },
  FORMAT_MISMATCH: { retryable: false },

  // What a blob store says of bytes, or of itself.
  BUCKET_NOT_ALLOWED: { retryable: false },
  BUCKET_ACCESS_DENIED: { retryable: false },
  BLOB_ARCHIVED: { retryable: false },
  BLOB_LOCKED: { retryable: false },
  STORE_UNSUITABLE: { retryable: false },
  STORE_UNAVAILABLE: { retryable: true },
  BLOBS_SWEPT: { retryable: false },

  // The catalog cannot serve this now.
  OVERLOADED: { retryable: true },
  STORAGE_FULL: { retryable: true },
  STORAGE_UNAVAILABLE: { retryable: true },
  SHUTTING_DOWN: { retryable: true },
  NOT_WITNESSED: { retryable: true },
  SCHEMA_UNKNOWN: { retryable: false },
  LOG_ROLLED_BACK: { retryable: false },
  LOG_CORRUPT: { retryable: false },
  CONFIG_INVALID: { retryable: false },
  INTERNAL: { retryable: true },

  // The operator's side: raised by commands that move a log, never sent by the server.
  NAMESPACE_NOT_EMPTY: { retryable: false },
  DOCUMENT_MISSING: { retryable: false },
  COPY_CORRUPT: { retryable: false },

  // The job's side: raised by the SDK, never sent by the server.
  CONNECTION_FAILED: { retryable: true },
  DEADLINE_EXCEEDED: { retryable: true },
  ABORTED: { retryable: false },
  SPOOL_CORRUPT: { retryable: false },
  SPOOL_LOCKED: { retryable: true },
  BLOB_CORRUPT: { retryable: false },
  PROOF_INVALID: { retryable: false },
  LOG_CONTRADICTED: { retryable: false },
  STORE_FAILED: { retryable: true },
} as const satisfies Record<string, { readonly retryable: boolean }>

/** One of the closed set of error codes. */
export type ErrorCode = keyof typeof errorCodes

/** What an error may carry beside its sentence: facts that help a program to act on it. */
export type ErrorDetail = Readonly<Record<string, unknown>>

const brand = Symbol.for('cairn.CatalogError')

/**
 * The one error class of Cairn, on both sides of the wire.
 *
 * `message` is a sentence that says what is wrong and what to do; it never contains a token.
 */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
  readonly code: ErrorCode
  readonly detail: ErrorDetail

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly detail?: ErrorDetail } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.detail = options.detail ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  /** Whether the same request, unchanged, may succeed after a pause. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable
  }
}

/** Whether a caught value is a {@link CatalogError}, also across duplicate installs of the package. */
export function isCatalogError(value: unknown): value is CatalogError {
  return value instanceof Error && brand in value
}

/** Whether a text names one of the closed set of codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCodes, value)
}
