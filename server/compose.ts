import { randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import { pino, type Logger } from 'pino'
import { migrations } from '../migrations/index.ts'
import { openIssuers } from './auth/issuers.ts'
import { LOCAL_ISSUER, openLocalKey, type LocalKey } from './auth/local-key.ts'
import type { Config, DatabaseConfig } from './config.ts'
import type { Context } from './context.ts'
import type { VerifyToken } from './http/authenticate.ts'
import { lineageProjection } from './lineage/projection.ts'
import { openLog } from './log/open-log.ts'
import type { Projection } from './log/projection.ts'
import { replay, type ReplayedTable } from './log/replay.ts'
import { registerProjection } from './register/projection.ts'
import { retentionProjection } from './retention/projection.ts'
import type { Database } from './store/database.ts'
import { migrate } from './store/migrate.ts'
import { openPostgres } from './store/open-postgres.ts'
import { openSqlite } from './store/open-sqlite.ts'
import { verifyProjection } from './verify/projection.ts'

/** Every projection, in the order in which a replay applies them to an entry. */
export const projections: readonly Projection[] = [
  registerProjection,
  lineageProjection,
  verifyProjection,
  retentionProjection,
]

/** An open catalog: what its operations use, and what its owner closes. */
export interface Catalog {
  readonly context: Context
  readonly database: Database
  readonly localKey: LocalKey
  readonly verifyToken: VerifyToken
  readonly logger: Logger
  /** Ends what waits, then lets go of the database. */
  close(): Promise<void>
}

/** Standard output belongs to what a command answers. */
const STDERR = 2

/** What tests replace: the clock, randomness and where the log lines go. */
export interface Overrides {
  readonly nowMs?: () => number
  readonly logger?: Logger
}

/** Opens the database and brings it to the newest schema. */
export async function openDatabase(config: DatabaseConfig, nowMs: () => number): Promise<Database> {
  const database = config.kind === 'sqlite' ? openSqlite(config.file) : openPostgres(config.url)
  try {
    await migrate(database, migrations, new Date(nowMs()))
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Opens everything a server needs: the one place where parts are put together.
 *
 * @throws {SCHEMA_UNKNOWN | STORAGE_UNAVAILABLE | CONFIG_INVALID}
 */
export async function openCatalog(config: Config, overrides: Overrides = {}): Promise<Catalog> {
  const nowMs = overrides.nowMs ?? Date.now
  const logger = overrides.logger ?? pino({ name: 'cairn' }, pino.destination(STDERR))
  const localKey = await openLocalKey(config.dataDirectory)
  const verifyToken =
    config.authFile === undefined
      ? (token: string) => localKey.verify(token)
      : eitherOf(localKey, openIssuers(config.authFile))
  const database = await openDatabase(config.database, nowMs)
  const log = openLog({
    database,
    projections,
    nowMs,
    onFailure: (error) => logger.error({ err: error }, 'a batch failed'),
  })
  return {
    context: { db: database.reader, log, nowMs, newId: () => uuidV7(nowMs()), request: {} },
    database,
    localKey,
    verifyToken,
    logger,
    close: async () => {
      await log.close()
      await database.close()
    },
  }
}

/** Rebuilds every projection of a catalog; a server that has it open waits meanwhile. */
export async function replayCatalog(
  config: Config,
  onProgress: (entryCount: number) => void,
): Promise<readonly ReplayedTable[]> {
  const database = await openDatabase(config.database, Date.now)
  try {
    return await replay(database, projections, onProgress)
  } finally {
    await database.close()
  }
}

/** The local key's own tokens, and those of configured issuers: each by what it says of its issuer. */
function eitherOf(local: LocalKey, issuers: VerifyToken): VerifyToken {
  return async (token) =>
    decodeJwt(token).iss === LOCAL_ISSUER ? local.verify(token) : issuers(token)
}

/**
 * A UUID that sorts by time: a name, never an order.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
function uuidV7(nowMs: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
