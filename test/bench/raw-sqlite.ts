import BetterSqlite from 'better-sqlite3'
import { sql } from 'kysely'
import type { Database } from '../../server/store/database.ts'
import { replaceOthers, type RawStatement, type RawWriter } from './raw-statements.ts'

type Handle = BetterSqlite.Database
type Prepared = BetterSqlite.Statement<unknown[]>

/** Settings that decide how fast a connection writes: taken from the catalog's own handle. */
const pragmas = [
  'journal_mode',
  'wal_autocheckpoint',
  'journal_size_limit',
  'cache_size',
  'synchronous',
  'recursive_triggers',
] as const

/** The ceiling on SQLite: prepared statements, one transaction a group, durable. */
export async function openRawSqlite(file: string, catalog: Database): Promise<RawWriter> {
  const handle = new BetterSqlite(file)
  for (const pragma of pragmas) {
    const value = await catalog.transaction((tx) => read(tx.query, pragma))
    handle.pragma(`${pragma} = ${value}`)
  }
  const statements = new Map<string, Prepared>()
  return {
    write: async (groups) => {
      const bound = groups.map((group) => group.map((raw) => prepare(handle, statements, raw)))
      const startMs = performance.now()
      for (const group of bound) {
        handle.exec('begin immediate')
        for (const { statement, values } of group) {
          for (const row of values) statement.run(row)
        }
        handle.exec('commit')
      }
      return performance.now() - startMs
    },
    close: async () => {
      handle.close()
    },
  }
}

async function read(
  query: Parameters<Parameters<Database['transaction']>[0]>[0]['query'],
  pragma: (typeof pragmas)[number],
): Promise<string> {
  const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(pragma)}`.execute(query)
  return String(Object.values(rows[0] ?? {})[0])
}

function prepare(
  handle: Handle,
  statements: Map<string, Prepared>,
  raw: RawStatement,
): { readonly statement: Prepared; readonly values: RawStatement['values'] } {
  const text = sqlOf(raw)
  const statement = statements.get(text) ?? handle.prepare<unknown[]>(text)
  statements.set(text, statement)
  return { statement, values: raw.values }
}

function sqlOf({ kind, table, columns, keyCount }: RawStatement): string {
  if (kind === 'patch') {
    const set = columns.slice(0, -keyCount).map((column) => `${column} = ?`)
    const where = columns.slice(-keyCount).map((column) => `${column} = ?`)
    return `update ${table} set ${set.join(', ')} where ${where.join(' and ')}`
  }
  const insert = `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`
  return kind === 'upsert' ? insert + replaceOthers(table, columns) : insert
}
