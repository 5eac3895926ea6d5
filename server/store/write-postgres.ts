import assert from 'node:assert/strict'
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import type { NamespaceName } from '../../schema/names.ts'
import type { Patch, WriteTransaction } from './database.ts'
import type { Key, Lookup } from './lookup.ts'
import { columnsOf, replaceExisting } from './sql-text.ts'
import { primaryKeys, tables, type Row, type TableName, type Tables } from './tables.ts'

/**
 * The write side on one PostgreSQL connection. One statement a table and batch: arrays go in, a round trip
 * costs more than the rows.
 */
export function postgresTransaction(client: pg.PoolClient): WriteTransaction {
  let kysely: Kysely<Tables> | undefined
  const run = (text: string, values: unknown[]) =>
    client.query<Record<string, unknown>>({ text, values, name: statementName(text) })
  const insertAll = async <Name extends TableName>(
    table: Name,
    rows: readonly Row<Name>[],
    conflict: string,
  ): Promise<void> => {
    if (rows.length === 0) return
    const columns = columnsOf(table)
    await run(
      `insert into ${table} (${columns.join(', ')}) select * from ${unnest(table, columns)}${conflict}`,
      columns.map((column) => rows.map((row) => (row as Record<string, unknown>)[column])),
    )
  }

  return {
    get query() {
      kysely ??= onConnection(client)
      return kysely
    },
    lockHead: (namespace) => lockHead(run, namespace),
    createHead: async (namespace) => {
      // Two servers may declare it at once: the second waits here for the first to commit.
      await run(
        "insert into log_head (namespace, size, compact_range) values ($1, 0, '') on conflict do nothing",
        [namespace],
      )
      const head = await lockHead(run, namespace)
      assert.ok(head, 'a head that was just made is there')
      return head
    },
    find: (lookup, keys) => find(run, lookup, keys),
    insert: (table, rows) => insertAll(table, rows, ''),
    upsert: (table, rows) => insertAll(table, rows, replaceExisting(table)),
    patch: async <Name extends TableName>(table: Name, patches: readonly Patch<Name>[]) => {
      for (const group of sameColumns(patches)) await patchGroup(run, table, group)
    },
  }
}

type Run = (
  text: string,
  values: unknown[],
) => Promise<{ readonly rows: readonly Record<string, unknown>[] }>

async function lockHead(run: Run, namespace: NamespaceName): Promise<Row<'log_head'> | undefined> {
  const { rows } = await run(
    `select ${columnsOf('log_head').join(', ')} from log_head where namespace = $1 for update`,
    [namespace],
  )
  return rows[0] as Row<'log_head'> | undefined
}

async function find<Name extends TableName>(
  run: Run,
  { table, columns, newestBy }: Lookup<Name>,
  keys: readonly Key[],
): Promise<readonly (Row<Name> | undefined)[]> {
  const found: (Row<Name> | undefined)[] = keys.map(() => undefined)
  if (keys.length === 0) return found
  const selected = columnsOf(table).map((column) => `t.${column}`)
  const match = columns.map((column) => `t.${column} = k.${column}`)
  const newest = newestBy === undefined ? '' : ` order by t.${newestBy} desc`
  // Lateral, with a limit: an index look-up for each key, where a plain join may read the whole table.
  const { rows } = await run(
    `select k.n as key_number, ${selected.join(', ')}
     from ${unnest(table, columns, { numbered: true })} join lateral
       (select * from ${table} t where ${match.join(' and ')}${newest} limit 1) t on true`,
    columns.map((_, place) => keys.map((key) => key[place])),
  )
  for (const { key_number: number, ...row } of rows) {
    found[Number(number) - 1] = row as unknown as Row<Name>
  }
  return found
}

async function patchGroup(run: Run, table: TableName, patches: readonly Patch[]): Promise<void> {
  const keys: readonly string[] = primaryKeys[table]
  const columns = Object.keys(patches[0]?.set ?? {})
  const match = keys.map((column) => `t.${column} = k.${column}`).join(' and ')
  await run(
    `update ${table} t set ${columns.map((column) => `${column} = k.${column}`).join(', ')}
     from ${unnest(table, [...keys, ...columns])} where ${match}`,
    [
      ...keys.map((_, place) => patches.map((patch) => patch.key[place])),
      ...columns.map((column) =>
        patches.map((patch) => (patch.set as Record<string, unknown>)[column]),
      ),
    ],
  )
}

/** Patches of the same columns go in one statement. */
function sameColumns<Name extends TableName>(
  patches: readonly Patch<Name>[],
): readonly (readonly Patch<Name>[])[] {
  return [...Map.groupBy(patches, (patch) => Object.keys(patch.set).join()).values()]
}

/** Arrays, one a column, as rows `k`; numbered from 1 in `k.n` where asked. */
function unnest(
  table: TableName,
  columns: readonly string[],
  options: { readonly numbered?: boolean } = {},
): string {
  const types: Readonly<Record<string, { readonly sqlType: string }>> = tables[table]
  const arrays = columns.map((column, place) => `$${place + 1}::${types[column]?.sqlType}[]`)
  const numbered = options.numbered === true
  const names = numbered ? [...columns, 'n'] : columns
  return `unnest(${arrays.join(', ')})${numbered ? ' with ordinality' : ''} as k(${names.join(', ')})`
}

/** Texts are few: one per table, lookup and set of patched columns. */
const names = new Map<string, string>()
function statementName(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `w${names.size}`
    names.set(text, name)
  }
  return name
}

/** kysely over the one connection that holds the transaction. */
export function onConnection(client: pg.ClientBase): Kysely<Tables> {
  const borrowed = {
    query: client.query.bind(client),
    release: () => undefined,
  } as unknown as pg.PoolClient
  return new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: { connect: async () => borrowed, end: async () => undefined } as unknown as pg.Pool,
    }),
  })
}
