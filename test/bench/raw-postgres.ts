import pg from 'pg'
import { tables } from '../../server/store/tables.ts'
import { replaceOthers, type RawStatement, type RawWriter } from './raw-statements.ts'

/** The ceiling on PostgreSQL: one connection, one named statement a table and group, durable. */
export async function openRawPostgres(url: string): Promise<RawWriter> {
  const client = new pg.Client({ connectionString: url, options: '-c synchronous_commit=on' })
  await client.connect()
  const names = new Map<string, string>()
  return {
    write: async (groups) => {
      const queries = groups.map((group) => group.map((raw) => queryOf(names, raw)))
      const startMs = performance.now()
      for (const group of queries) {
        await client.query('begin')
        for (const query of group) await client.query(query)
        await client.query('commit')
      }
      return performance.now() - startMs
    },
    close: () => client.end(),
  }
}

function queryOf(names: Map<string, string>, raw: RawStatement): pg.QueryConfig {
  const text = sqlOf(raw)
  const name = names.get(text) ?? `raw${names.size}`
  names.set(text, name)
  return { name, text, values: raw.columns.map((_, place) => raw.values.map((row) => row[place])) }
}

function sqlOf({ kind, table, columns, keyCount }: RawStatement): string {
  const types = tables[table] as Readonly<Record<string, { readonly sqlType: string }>>
  const arrays = columns.map((column, place) => `$${place + 1}::${types[column]?.sqlType}[]`)
  const rows = `unnest(${arrays.join(', ')}) as k(${columns.join(', ')})`
  if (kind === 'patch') {
    const set = columns.slice(0, -keyCount).map((column) => `${column} = k.${column}`)
    const where = columns.slice(-keyCount).map((column) => `t.${column} = k.${column}`)
    return `update ${table} t set ${set.join(', ')} from ${rows} where ${where.join(' and ')}`
  }
  const insert = `insert into ${table} (${columns.join(', ')}) select * from ${rows}`
  return kind === 'upsert' ? insert + replaceOthers(table, columns) : insert
}
