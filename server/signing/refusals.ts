import { CatalogError } from '../../schema/errors.ts'

/** How far a log was signed, and how far the database goes. */
export interface Sizes {
  readonly signedSize: number
  readonly storedSize: number
}

/** The refusal of a database that has lost its newest entries. */
export const rolledBack = (origin: string, { signedSize, storedSize }: Sizes): CatalogError =>
  new CatalogError(
    'LOG_ROLLED_BACK',
    `The database ends at ${storedSize} entries of ${origin}, and a head of ${signedSize} was signed: entries ${storedSize} to ${signedSize - 1} are missing, as after restoring an old copy. Nothing is written or signed until the newest database is back, or "cairn log repair" has added those entries from published tiles. If they are lost for good, "cairn keys remember" says what giving them up means.`,
    {
      detail: {
        origin,
        signedSize,
        storedSize,
        missingFrom: storedSize,
        missingTo: signedSize - 1,
      },
    },
  )

/** The refusal of a log that nothing is remembered of. */
export const forgotten = (origin: string, storedSize: number): CatalogError =>
  new CatalogError(
    'LOG_ROLLED_BACK',
    `The signer's memory knows nothing of ${origin}, of which the database has ${storedSize} entries: the memory (CAIRN_SIGNER_MEMORY) or the keys (CAIRN_LOG_KEYS_FILE) are not those that it was signed with. Nothing is written or signed until they are back; if the memory is lost for good, and this is surely the newest database, "cairn keys remember" takes it as it is.`,
    { detail: { origin, storedSize } },
  )

/**
 * Refuses to take a database as it is, unless nothing is remembered of it, or whoever asks has said how many of the
 * entries that were signed are given up.
 *
 * @throws {INVALID_REQUEST}
 */
export function requireStatedLoss(
  origin: string,
  stated: {
    readonly signedSize: number | undefined
    readonly storedSize: number
    readonly lostCount: number
  },
): void {
  const { signedSize = stated.storedSize, storedSize, lostCount } = stated
  const missing = signedSize - storedSize
  const detail = { origin, ...stated }
  if (missing === lostCount && (missing > 0 || stated.signedSize === undefined)) return
  const message =
    missing > 0
      ? `The signer's memory has a head of ${signedSize} entries of ${origin}, and the database ends at ${storedSize}: entries ${storedSize} to ${signedSize - 1} are missing. Bring them back with "cairn log repair", from published tiles or an export. If they are nowhere any more, give them up with --lose ${missing}: they stay lost, new ones take their indexes, and whoever has seen a later head than ${storedSize} has proof of that.`
      : `The signer's memory has a head of ${origin} that the database ${missing === 0 ? 'has' : 'goes beyond'}: it is not lost, no entry is, and nothing was changed.`
  throw new CatalogError('INVALID_REQUEST', message, { detail })
}

/** The refusal of a database that is not the one that was signed. */
export const anotherLog = (origin: string, { signedSize, storedSize }: Sizes): CatalogError =>
  new CatalogError(
    'LOG_ROLLED_BACK',
    `The database has another log than was signed at ${signedSize} entries of ${origin}: it was changed, or it is a copy that went its own way. Nothing is written or signed; put back the database whose head was signed.`,
    { detail: { origin, signedSize, storedSize } },
  )

/** The refusal when other servers were faster too many times in a row. */
export const contended = (): CatalogError =>
  new CatalogError(
    'STORAGE_UNAVAILABLE',
    "Other servers keep changing the signer's memory. It is safe to send the same request again.",
  )
