import type BetterSqlite from 'better-sqlite3'
import type { Kysely } from 'kysely'
import type { Patch, WriteTransaction } from './database.ts'
import type { Lookup } from './lookup.ts'
import { primaryLookups } from './primary-lookups.ts'
import { columnsOf, replaceExisting } from './sql-text.ts'
import { primaryKeys, type Row, type TableName, type Tables } from './tables.ts'

type Statement = BetterSqlite.Statement<unknown[], unknown>

/**
 * The write side on one SQLite connection. Point statements in a loop: they run in microseconds, and one
 * text per table keeps them compiled.
 */
export function sqliteTransaction(
  handle: BetterSqlite.Database,
  query: Kysely<Tables>,
): WriteTransaction {
  const statements = new Map<string, Statement>()
  const prepare = (text: string): Statement => {
    let statement = statements.get(text)
    if (statement === undefined) {
      statement = handle.prepare<unknown[], unknown>(text)
      statements.set(text, statement)
    }
    return statement
  }
  const findOne = <Name extends TableName>(lookup: Lookup<Name>): Statement =>
    prepare(
      `select ${columnsOf(lookup.table).join(', ')} from ${lookup.table} where ${equal(lookup.columns)}${newestFirst(lookup)}`,
    )
  const insertAll = <Name extends TableName>(
    table: Name,
    rows: readonly Row<Name>[],
    conflict: string,
  ): void => {
    const columns = columnsOf(table)
    const statement = prepare(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})${conflict}`,
    )
    for (const row of rows) statement.run(valuesOf(row, columns))
  }

  return {
    query,
    lockHead: async (namespace) =>
      findOne(primaryLookups.log_head).get(namespace) as Row<'log_head'> | undefined,
    createHead: async (namespace) => {
      const none = Buffer.alloc(0)
      const head = { namespace, size: 0, compact_range: none, access_count: 0, access_hash: none }
      insertAll('log_head', [head], '')
      return head
    },
    find: async <Name extends TableName>(
      lookup: Lookup<Name>,
      keys: readonly (readonly unknown[])[],
    ) => {
      const statement = findOne(lookup)
      return keys.map((key) => statement.get(...key) as Row<Name> | undefined)
    },
    insert: async (table, rows) => insertAll(table, rows, ''),
    upsert: async (table, rows) => insertAll(table, rows, replaceExisting(table)),
    patch: async <Name extends TableName>(table: Name, patches: readonly Patch<Name>[]) => {
      for (const { key, set } of patches) {
        const columns = Object.keys(set)
        prepare(
          `update ${table} set ${columns.map((column) => `${column} = ?`).join(', ')} where ${equal(primaryKeys[table])}`,
        ).run(...Object.values(set), ...key)
      }
    },
  }
}

const newestFirst = ({ newestBy }: Lookup): string =>
  newestBy === undefined ? '' : ` order by ${newestBy} desc limit 1`

const equal = (columns: readonly string[]): string =>
  columns.map((column) => `${column} = +?`).join(' and ')

function valuesOf(row: object, columns: readonly string[]): unknown[] {
  const record = row as Readonly<Record<string, unknown>>
  return columns.map((column) => record[column])
}
