import { isCatalogError, type ErrorCode } from '../../schema/errors.ts'

/** How a command may end; scripts rely on the numbers. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  unexpected: { code: 1, meaning: 'failed in a way that was not foreseen' },
  usage: { code: 2, meaning: 'the command, a setting or a document is wrong' },
  notFound: { code: 3, meaning: 'not found, or no good checkpoint' },
  conflict: { code: 4, meaning: 'contradicts what is recorded, or the attempt is fenced' },
  notAllowed: { code: 5, meaning: 'no token, or one without the grant' },
  unavailable: { code: 6, meaning: 'cannot be reached or is busy: try again' },
  corrupt: { code: 7, meaning: 'bytes differ from their digest' },
  findings: { code: 8, meaning: 'done, and there is something to look at' },
} as const

/** One of the ways in which a command may end. */
export type Ending = keyof typeof exitCodes

/** The ending of every code: a new code without one does not compile. */
const endingOf: Readonly<Record<ErrorCode, Ending>> = {
  MALFORMED_JSON: 'usage',
  INVALID_TYPE: 'usage',
  INVALID_REQUEST: 'usage',
  UNKNOWN_PROPERTY: 'usage',
  INVALID_NAME: 'usage',
  INVALID_DIGEST: 'usage',
  INVALID_CURSOR: 'usage',
  NOT_CANONICAL: 'usage',
  UNPINNED_BLOB: 'usage',
  FORMAT_SCHEMA_INVALID: 'usage',
  UPCAST_INVALID: 'usage',
  BODY_TOO_LARGE: 'usage',
  BATCH_TOO_LARGE: 'usage',
  DOCUMENT_TOO_LARGE: 'usage',
  UNSUPPORTED_MEDIA_TYPE: 'usage',
  ROUTE_NOT_FOUND: 'usage',
  METHOD_NOT_ALLOWED: 'usage',
  LOG_INDEX_OUT_OF_RANGE: 'usage',
  BASE_REQUIRED: 'usage',
  SHARDS_INCOMPLETE: 'usage',
  RANK_OUT_OF_RANGE: 'usage',
  PLAN_TOO_LARGE: 'usage',
  RETENTION_TOO_LARGE: 'usage',
  SCHEMA_UNKNOWN: 'usage',
  CONFIG_INVALID: 'usage',
  STORE_UNSUITABLE: 'usage',

  NAMESPACE_NOT_FOUND: 'notFound',
  JOB_NOT_FOUND: 'notFound',
  POLICY_NOT_FOUND: 'notFound',
  FORMAT_NOT_FOUND: 'notFound',
  RUN_NOT_FOUND: 'notFound',
  CHECKPOINT_NOT_FOUND: 'notFound',
  ENVIRONMENT_NOT_FOUND: 'notFound',
  HOLD_NOT_FOUND: 'notFound',
  DRILL_TARGET_NOT_FOUND: 'notFound',
  RETENTION_RUN_NOT_FOUND: 'notFound',
  RESERVATION_NOT_FOUND: 'notFound',
  RESTORE_NOT_FOUND: 'notFound',
  BASE_NOT_FOUND: 'notFound',
  PARENT_NOT_FOUND: 'notFound',
  NO_GOOD_CHECKPOINT: 'notFound',
  CHECKPOINT_NOT_GOOD: 'notFound',
  BLOB_NOT_FOUND: 'notFound',
  BUCKET_NOT_FOUND: 'notFound',
  BLOBS_SWEPT: 'notFound',
  TILE_NOT_FOUND: 'notFound',

  IDEMPOTENCY_KEY_REUSED: 'conflict',
  RUN_CLOSED: 'conflict',
  RUN_MISMATCH: 'conflict',
  ATTEMPT_FENCED: 'conflict',
  STEP_REGRESSION: 'conflict',
  REGISTRATION_CONFLICT: 'conflict',
  RESERVATION_CONFLICT: 'conflict',
  RESERVATION_EXPIRED: 'conflict',
  RESERVATION_ENDED: 'conflict',
  SHARD_CONFLICT: 'conflict',
  WORLD_SIZE_MISMATCH: 'conflict',
  BASE_MISMATCH: 'conflict',
  BASE_NOT_GOOD: 'conflict',
  CHAIN_TOO_LONG: 'conflict',
  CHAIN_IN_USE: 'conflict',
  ALREADY_TOMBSTONED: 'conflict',
  LINEAGE_CYCLE: 'conflict',
  DOCUMENT_MISSING: 'notFound',
  NAMESPACE_NOT_EMPTY: 'conflict',
  RESUME_MISMATCH: 'conflict',
  RESTORE_CLOSED: 'conflict',
  DRIFT_REFUSED: 'conflict',
  DRIFT_UNACKNOWLEDGED: 'conflict',
  POLICY_VIOLATED: 'conflict',
  RESUME_TOKEN_INVALID: 'usage',
  RESUME_TOKEN_EXPIRED: 'usage',
  RESUME_TOKEN_MISMATCH: 'conflict',
  RESUME_TOKEN_STALE: 'conflict',
  WINDOW_MISMATCH: 'conflict',
  BLOB_ARCHIVED: 'conflict',
  BLOB_LOCKED: 'conflict',
  FORMAT_CONFLICT: 'conflict',
  FORMAT_INCOMPATIBLE: 'conflict',
  FORMAT_MISMATCH: 'conflict',
  BUCKET_NOT_ALLOWED: 'notAllowed',
  BUCKET_ACCESS_DENIED: 'notAllowed',
  STORE_UNAVAILABLE: 'unavailable',

  TOKEN_MISSING: 'notAllowed',
  TOKEN_INVALID: 'notAllowed',
  TOKEN_EXPIRED: 'notAllowed',
  FORBIDDEN: 'notAllowed',
  HOST_NOT_ALLOWED: 'notAllowed',

  OVERLOADED: 'unavailable',
  STORAGE_FULL: 'unavailable',
  STORAGE_UNAVAILABLE: 'unavailable',
  SHUTTING_DOWN: 'unavailable',
  NOT_WITNESSED: 'unavailable',
  CONNECTION_FAILED: 'unavailable',
  DEADLINE_EXCEEDED: 'unavailable',
  SPOOL_LOCKED: 'unavailable',
  STORE_FAILED: 'unavailable',

  DIGEST_MISMATCH: 'corrupt',
  LOG_ROLLED_BACK: 'corrupt',
  LOG_CORRUPT: 'corrupt',
  COPY_CORRUPT: 'corrupt',
  SPOOL_CORRUPT: 'corrupt',
  BLOB_CORRUPT: 'corrupt',
  PROOF_INVALID: 'corrupt',
  LOG_CONTRADICTED: 'corrupt',

  INTERNAL: 'unexpected',
  ABORTED: 'unexpected',
}

/** How a command ends that threw this. */
export function endingOfError(error: unknown): Ending {
  return isCatalogError(error) ? endingOf[error.code] : 'unexpected'
}

/** The exit codes as the help shows them. */
export function describeExitCodes(): string {
  const lines = Object.values(exitCodes).map(({ code, meaning }) => `  ${code}  ${meaning}`)
  return `Exit codes:\n${lines.join('\n')}`
}
