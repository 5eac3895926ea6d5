import { CatalogError } from '../schema/errors.ts'
import { openDatabase, projections } from './compose.ts'
import type { Config, DatabaseConfig } from './config.ts'
import { replay, type ReplayedTable } from './log/replay.ts'
import type { Database } from './store/database.ts'
import { grantToServers, isNotAllowed } from './store/roles.ts'

/** Rebuilds every projection of a catalog; a server that has it open waits meanwhile. */
export async function replayCatalog(
  config: Config,
  onProgress: (entryCount: number) => void,
): Promise<readonly ReplayedTable[]> {
  const database = await openAsOwner(config.database)
  try {
    return await replay(database, projections, onProgress)
  } catch (error) {
    if (!isNotAllowed(error)) throw error
    throw new CatalogError(
      'CONFIG_INVALID',
      'The role of CAIRN_DATABASE_URL may not rebuild projections: give the URL of the owner in CAIRN_DATABASE_OWNER_URL.',
      { cause: error },
    )
  } finally {
    await database.close()
  }
}

/**
 * Brings the database to the newest schema as its owner, and lets a role do what a server does. Gives the
 * roles that now may.
 *
 * @throws {SCHEMA_UNKNOWN | STORAGE_UNAVAILABLE | CONFIG_INVALID}
 */
export async function migrateCatalog(
  { database: config }: Config,
  role: string | undefined,
): Promise<readonly string[]> {
  if (config.kind === 'sqlite' && role !== undefined) {
    throw new CatalogError(
      'CONFIG_INVALID',
      '--grant is for PostgreSQL, and CAIRN_DATABASE_URL names none: SQLite has no roles.',
    )
  }
  const database = await openAsOwner(config)
  try {
    return role === undefined ? [] : await grantToServers(database, role)
  } finally {
    await database.close()
  }
}

/** Opens the database as its owner, where one is named; roles that had grants have them on new tables too. */
async function openAsOwner(config: DatabaseConfig): Promise<Database> {
  if (config.kind === 'sqlite' || config.ownerUrl === undefined) {
    return openDatabase(config)
  }
  const database = await openDatabase({ kind: 'postgres', url: config.ownerUrl })
  try {
    await grantToServers(database, undefined)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
