import { CatalogError, isCatalogError } from '../../schema/errors.ts'

/** SQLSTATE classes and codes that mean the server is away or cannot take more work. */
const away = /^(?:08|57P0|53300|25P0[34]|55P03|40001|40P01|57014|58)/
/** Node's connection errors. */
const network = /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/

/**
 * What the database says, as one of our codes; anything else stays as it is and becomes INTERNAL.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 * @see https://www.sqlite.org/rescode.html
 */
export function translateFailure(error: unknown): unknown {
  if (isCatalogError(error) || !(error instanceof Error)) return error
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'SQLITE_FULL' || code === '53100' || code === 'ENOSPC') {
    return new CatalogError(
      'STORAGE_FULL',
      "The catalog's disk is full and nothing of this request was stored: free space there, then send it again.",
      { cause: error },
    )
  }
  if (isAway(code, error.message)) {
    return new CatalogError(
      'STORAGE_UNAVAILABLE',
      'The catalog cannot reach its database now. It is safe to send the same request again.',
      { cause: error },
    )
  }
  return error
}

/** Uniqueness, foreign keys and triggers: what a row broke that was missing or wrong in itself is not among them. */
const besideOthers =
  /^(?:SQLITE_CONSTRAINT_(?:PRIMARYKEY|UNIQUE|TRIGGER|FOREIGNKEY|ROWID)|23503|23505|23000)$/

/**
 * Whether the database refused a row for what is stored beside it. Not so for answers by idempotency key: two
 * servers may answer the same key in different namespaces, whose locks are different ones.
 */
export function contradictsStored(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  if ('table' in error && error.table === 'idempotency') return false
  return besideOthers.test(String(error.code))
}

function isAway(code: string, message: string): boolean {
  if (/^SQLITE_(?:BUSY|LOCKED|IOERR|CANTOPEN|READONLY|PROTOCOL|NOTADB|CORRUPT)/.test(code))
    return true
  if (away.test(code) || network.test(code)) return true
  // node-postgres reports a lost connection without a code.
  return /Connection terminated|timeout exceeded when trying to connect/.test(message)
}
