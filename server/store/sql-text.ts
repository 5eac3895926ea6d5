import { primaryKeys, tables, type TableName } from './tables.ts'

/** A table's columns, in order. */
export function columnsOf(table: TableName): readonly string[] {
  return Object.keys(tables[table])
}

/** The clause that makes an insert replace every column beside the key of a row that is there. */
export function replaceExisting(table: TableName): string {
  const keys: readonly string[] = primaryKeys[table]
  const set = columnsOf(table)
    .filter((column) => !keys.includes(column))
    .map((column) => `${column} = excluded.${column}`)
  return ` on conflict (${keys.join(', ')}) do update set ${set.join(', ')}`
}
