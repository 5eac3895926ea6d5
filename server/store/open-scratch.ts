import BetterSqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { migrations } from '../../migrations/index.ts'
import type { WriteTransaction } from './database.ts'
import { recordStep, STEPS_TABLE } from './migrate.ts'
import { schemaTextsOf, type ScannedRow } from './open-snapshot.ts'
import { columnsOf } from './sql-text.ts'
import { primaryKeys, projectionTables, type ProjectionTable, type Tables } from './tables.ts'
import { sqliteTransaction } from './write-sqlite.ts'

/** An empty catalog on disk that nobody else sees and that is gone when it is closed. */
export interface Scratch {
  readonly tx: WriteTransaction
  /** Takes rows away from a table of projections; gives those that are not in it. */
  takeAway(table: ProjectionTable, rows: readonly ScannedRow[]): readonly ScannedRow[]
  /** Rows that nobody took away: how many, and a few of them. */
  left(table: ProjectionTable, shownCount: number): DifferingRows
  /** Empties the projections, for the next check. */
  clear(): void
  /** Names and texts of what a catalog's schema holds, its steps, and what the planner is told. */
  schemaTexts(): ReadonlyMap<string, string>
  close(): void
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
  handle.exec(STEPS_TABLE)
  for (const { name, statements } of migrations) {
    for (const statement of statements('sqlite')) handle.exec(statement)
    handle.exec(recordStep(name, new Date(0)))
  }
  const schema = schemaTextsOf(handle)
  const statements = new Map<string, BetterSqlite.Statement<unknown[], unknown[]>>()
  const prepare = (text: string): BetterSqlite.Statement<unknown[], unknown[]> => {
    const known = statements.get(text)
    if (known !== undefined) return known
    const statement = handle.prepare<unknown[], unknown[]>(text)
    statements.set(text, statement)
    return statement
  }
  return {
    tx: sqliteTransaction(
      handle,
      new Kysely<Tables>({ dialect: new SqliteDialect({ database: handle }) }),
    ),
    takeAway: (table, rows) => {
      const remove = prepare(removeText(table))
      const keys = placesOf(table)
      return rows.filter(
        (row) => remove.run(...keys.map((place) => row[place]), ...row).changes === 0,
      )
    },
    left: (table, shownCount) => {
      const rows = prepare(`select * from ${table} limit ${shownCount}`).raw().all()
      const [count] = prepare(`select count(*) from ${table}`).raw().get() ?? []
      return { count: Number(count), rows }
    },
    clear: () => {
      for (const table of projectionTables) prepare(`delete from ${table}`).run()
    },
    schemaTexts: () => schema,
    close: () => handle.close(),
  }
}

/** Removes one row that is the same in every column; its key finds it. */
function removeText(table: ProjectionTable): string {
  const keys = primaryKeys[table].map((column) => `${column} = ?`)
  // A unary plus takes a column's type away: what is found in a catalog is compared as it is.
  const columns = columnsOf(table).map((column) => `+${column} is ?`)
  return `delete from ${table} where ${[...keys, ...columns].join(' and ')}`
}

/** Places of the key's columns in a row. */
function placesOf(table: ProjectionTable): readonly number[] {
  const columns = columnsOf(table)
  return primaryKeys[table].map((column) => columns.indexOf(column))
}
