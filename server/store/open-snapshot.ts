import { existsSync } from 'node:fs'
import BetterSqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import pg from 'pg'
import type { Dialect } from '../../migrations/dialect.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { DatabaseConfig } from '../config.ts'
import { cachingDatabase } from './caching-database.ts'
import { readingOf, type Reader } from './database.ts'
import { translateFailure } from './failure.ts'
import { readTypeParser } from './open-postgres.ts'
import { columnsOf } from './sql-text.ts'
import type { TableName, Tables } from './tables.ts'
import { onConnection } from './write-postgres.ts'

/** Rows handed over at a time by a scan: some hundred kilobytes. */
const SCAN_CHUNK_COUNT = 512

/** Another process may recover the file for as long as this. */
const BUSY_TIMEOUT_MS = 10_000

/** A row as the database has it, column by column. */
export type ScannedRow = readonly unknown[]

/** A database as it is at one moment, for as long as it is open; writers go on meanwhile. */
export interface Snapshot {
  readonly dialect: Dialect
  readonly reader: Reader
  /** All rows of a table, or those of a namespace, some at a time and in any order. */
  scan(table: TableName, namespace?: string): AsyncIterable<readonly ScannedRow[]>
  /** What SQLite says is wrong with its file, at most so many sentences; PostgreSQL is not asked. */
  integrity(maxCount: number): readonly string[]
  /** Names and texts of SQLite's schema, its steps, and what its planner is told; PostgreSQL is not asked. */
  schemaTexts(): ReadonlyMap<string, string>
  close(): Promise<void>
}

/**
 * Opens a snapshot of a catalog's database; nothing in it is changed, nor migrated.
 *
 * @throws {CONFIG_INVALID} there is no such file
 * @throws {STORAGE_UNAVAILABLE} the database cannot be opened
 */
export async function openSnapshot(config: DatabaseConfig): Promise<Snapshot> {
  try {
    return config.kind === 'sqlite' ? onFile(config.file) : await onServer(config.url)
  } catch (error) {
    throw translateFailure(error)
  }
}

/** A handle on a file that cannot write, in a transaction that holds its state. */
export function openSnapshotHandle(file: string): BetterSqlite.Database {
  if (!existsSync(file)) {
    const message = `There is no database at ${file}: check the folder of the catalog.`
    throw new CatalogError('CONFIG_INVALID', message)
  }
  const handle = new BetterSqlite(file, { readonly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    handle.exec('begin')
    // A transaction begins with what it reads first.
    handle.prepare('select count(*) from sqlite_schema').get()
    return handle
  } catch (error) {
    handle.close()
    throw error
  }
}

function onFile(file: string): Snapshot {
  const handle = openSnapshotHandle(file)
  const reader = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: cachingDatabase(handle) }),
  })
  return {
    dialect: 'sqlite',
    reader: readingOf(reader),
    async *scan(table, namespace) {
      const statement = handle.prepare<unknown[], unknown[]>(scanText(table, namespace, '?')).raw()
      let rows: ScannedRow[] = []
      for (const row of statement.iterate(...(namespace === undefined ? [] : [namespace]))) {
        rows.push(row)
        if (rows.length < SCAN_CHUNK_COUNT) continue
        yield rows
        rows = []
      }
      if (rows.length > 0) yield rows
    },
    integrity: (maxCount) =>
      handle
        .prepare<[], string>(`pragma integrity_check(${maxCount})`)
        .pluck()
        .all()
        .filter((line) => line !== 'ok'),
    schemaTexts: () => schemaTextsOf(handle),
    close: async () => {
      handle.close()
    },
  }
}

async function onServer(url: string): Promise<Snapshot> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: readTypeParser },
  })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('begin isolation level repeatable read read only')
  let cursorCount = 0
  return {
    dialect: 'postgres',
    reader: readingOf(onConnection(client)),
    async *scan(table, namespace) {
      const cursor = `scan_${(cursorCount += 1)}`
      await client.query(
        `declare ${cursor} no scroll cursor for ${scanText(table, namespace, '$1')}`,
        namespace === undefined ? [] : [namespace],
      )
      for (;;) {
        const { rows } = await client.query<unknown[]>({
          text: `fetch ${SCAN_CHUNK_COUNT} from ${cursor}`,
          rowMode: 'array',
        })
        if (rows.length === 0) break
        yield rows
      }
      await client.query(`close ${cursor}`)
    },
    integrity: () => [],
    schemaTexts: () => new Map(),
    close: () => client.end(),
  }
}

function scanText(table: TableName, namespace: string | undefined, parameter: string): string {
  const where = namespace === undefined ? '' : ` where namespace = ${parameter}`
  return `select ${columnsOf(table).join(', ')} from ${table}${where}`
}

const schemaText = [
  "select type || ' ' || name || ' on ' || tbl_name, coalesce(sql, '') from sqlite_schema",
  "select 'step ' || name, '' from schema_migration",
  "select 'statistics of ' || tbl || '.' || coalesce(idx, ''), stat from sqlite_stat1",
].join(' union all ')

/** The schema of a SQLite database: what was created, by its name, its steps, and the planner's statistics. */
export function schemaTextsOf(handle: BetterSqlite.Database): ReadonlyMap<string, string> {
  const rows = handle.prepare<[], [name: string, text: string]>(schemaText).raw().all()
  return new Map(rows)
}
