import { lookupOf, type Lookup } from './lookup.ts'
import { primaryKeys, type TableName } from './tables.ts'

/** Lookups by each table's primary key. */
export const primaryLookups: Readonly<Record<TableName, Lookup>> = Object.fromEntries(
  Object.entries(primaryKeys).map(([table, columns]) => [
    table,
    lookupOf(table as TableName, ...columns),
  ]),
) as Record<TableName, Lookup>
