import type { TableName } from './tables.ts'

/** How rows are looked up: a table, and the columns that together name one of its rows. */
export interface Lookup<Name extends TableName = TableName> {
  readonly table: Name
  readonly columns: readonly string[]
  /** Of several rows, the one with the greatest value here; values only grow. */
  readonly newestBy?: string
  /** Two lookups of the same name are the same. */
  readonly name: string
}

/** Values of a lookup's columns, in their order. */
export type Key = readonly (string | number)[]

/** A lookup of the row that was inserted last among those that share some columns. */
export function newestOf<Name extends TableName>(
  table: Name,
  newestBy: string,
  ...columns: readonly string[]
): Lookup<Name> {
  return { table, columns, newestBy, name: `${table}/${columns.join()}/${newestBy}` }
}

/** A lookup of any row of a table, with an empty key: whether it has one at all. */
export function anyOf<Name extends TableName>(table: Name): Lookup<Name> {
  return lookupOf(table)
}

/** A lookup of a table by columns that name at most one row. */
export function lookupOf<Name extends TableName>(
  table: Name,
  ...columns: readonly string[]
): Lookup<Name> {
  return { table, columns, name: `${table}/${columns.join()}` }
}
