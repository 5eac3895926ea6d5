import BetterSqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { migrations } from '../../migrations/index.ts'
import type { WriteTransaction } from './database.ts'
import { schemaTextsOf, type ScannedRow } from './open-snapshot.ts'
import { columnsOf } from './sql-text.ts'
import type { TableName, Tables } from './tables.ts'
import { sqliteTransaction } from './write-sqlite.ts'

/** An empty catalog on disk that nobody else sees and that is gone when it is closed. */
export interface Scratch {
  readonly tx: WriteTransaction
  /** Sets rows of a table aside, to be compared with it. */
  setAside(table: TableName, rows: readonly ScannedRow[]): void
  /** Rows that are in the table and were not set aside, and the reverse: how many, and a few of them. */
  compare(table: TableName, shownCount: number): Differences
  /** Names and texts of what a catalog's schema holds. */
  schemaTexts(): ReadonlyMap<string, string>
  close(): void
}

/** Rows in which a table and what was set aside differ. */
export interface Differences {
  readonly missing: DifferingRows
  readonly surplus: DifferingRows
}

/** How many rows, and the first of them. */
export interface DifferingRows {
  readonly count: number
  readonly rows: readonly ScannedRow[]
}

/** Opens a scratch catalog with every table; SQLite, whatever the catalog itself is on. */
export function openScratch(): Scratch {
  // The empty name is a database of its own on disk, which SQLite removes by itself.
  const handle = new BetterSqlite('')
  handle.pragma('journal_mode = OFF')
  handle.pragma('synchronous = OFF')
  handle.exec('begin')
  for (const { statements } of migrations) {
    for (const statement of statements('sqlite')) handle.exec(statement)
  }
  const schema = schemaTextsOf(handle)
  const aside = new Set<TableName>()
  const prepareAside = (table: TableName): void => {
    if (aside.has(table)) return
    aside.add(table)
    // Without types: what was set aside is compared as it is.
    handle.exec(`create table aside_${table} (${columnsOf(table).join(', ')})`)
  }
  const differing = (text: string, shownCount: number): DifferingRows => ({
    count: Number(handle.prepare<[], number>(`select count(*) from (${text})`).pluck().get()),
    rows: handle.prepare<[], unknown[]>(`${text} limit ${shownCount}`).raw().all(),
  })

  return {
    tx: sqliteTransaction(
      handle,
      new Kysely<Tables>({ dialect: new SqliteDialect({ database: handle }) }),
    ),
    setAside: (table, rows) => {
      prepareAside(table)
      const places = columnsOf(table).map(() => '?')
      const insert = handle.prepare(`insert into aside_${table} values (${places.join(', ')})`)
      for (const row of rows) insert.run(...row)
    },
    compare: (table, shownCount) => {
      prepareAside(table)
      const columns = columnsOf(table).join(', ')
      const [made, found] = [`select ${columns} from ${table}`, `select * from aside_${table}`]
      return {
        missing: differing(`${made} except ${found}`, shownCount),
        surplus: differing(`${found} except ${made}`, shownCount),
      }
    },
    schemaTexts: () => schema,
    close: () => handle.close(),
  }
}
