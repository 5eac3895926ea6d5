import { primaryKeys, tables, type TableName } from '../../server/store/tables.ts'
import type { Write } from './raw-writes.ts'

/** A statement and the values of each row it runs for, ready to be bound. */
export interface RawStatement {
  readonly kind: Write['kind']
  readonly table: TableName
  /** Columns that the values are of, in their order. */
  readonly columns: readonly string[]
  /** Of a patch: how many of the columns, at the end, name the row. */
  readonly keyCount: number
  readonly values: readonly (readonly unknown[])[]
}

/** A plain loop of inserts: what the catalog's writing is measured against. */
export interface RawWriter {
  /** Writes groups, each in a durable transaction; resolves to the milliseconds it took. */
  write(groups: readonly (readonly RawStatement[])[]): Promise<number>
  close(): Promise<void>
}

/** Lays recorded writes out for binding, so that the timed loop does nothing but write. */
export function layOut(writes: readonly Write[]): readonly RawStatement[] {
  return writes.flatMap((write) =>
    write.kind === 'patch' ? layOutPatches(write) : layOutRows(write),
  )
}

function layOutRows(write: Exclude<Write, { kind: 'patch' }>): readonly RawStatement[] {
  const { kind, table } = write
  const columns = Object.keys(tables[table])
  const values = write.rows.map((row) =>
    columns.map((column) => Reflect.get(row, column) as unknown),
  )
  return values.length === 0 ? [] : [{ kind, table, columns, keyCount: 0, values }]
}

function layOutPatches({
  table,
  patches,
}: Extract<Write, { kind: 'patch' }>): readonly RawStatement[] {
  const keys: readonly string[] = primaryKeys[table]
  const groups = Map.groupBy(patches, (patch) => Object.keys(patch.set).join())
  return [...groups.values()].map((group) => ({
    kind: 'patch',
    table,
    columns: [...Object.keys(group[0]?.set ?? {}), ...keys],
    keyCount: keys.length,
    values: group.map((patch) => [...Object.values(patch.set), ...patch.key]),
  }))
}

/** SQL of an upsert's end: every other column is replaced. */
export function replaceOthers(table: TableName, columns: readonly string[]): string {
  const keys: readonly string[] = primaryKeys[table]
  const set = columns
    .filter((column) => !keys.includes(column))
    .map((column) => `${column} = excluded.${column}`)
  return ` on conflict (${keys.join(', ')}) do update set ${set.join(', ')}`
}
