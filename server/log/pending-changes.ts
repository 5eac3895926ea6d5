import { sql } from 'kysely'
import type { WriteTransaction } from '../store/database.ts'
import type { Key } from '../store/lookup.ts'
import { primaryKeys, type ProjectionTable, type WorkTable } from '../store/tables.ts'
import { keyText, type RowChange } from './projection.ts'
import type { WorkChange } from './work-change.ts'

/** A row of whatever table. */
export type AnyRow = Readonly<Record<string, unknown>>

/** The removal of rows by the beginning of their primary key. */
export type Removal = Extract<WorkChange, { readonly kind: 'remove' }>

type ChangedTable = ProjectionTable | WorkTable

interface PendingTable {
  /** Beginnings of primary keys; written before what is inserted. */
  readonly removals: Map<string, Key>
  readonly inserts: Map<string, AnyRow>
  readonly upserts: Map<string, AnyRow>
  readonly patches: Map<string, { readonly key: Key; readonly set: AnyRow }>
}

/** Changes that are decided and not yet written, by table. */
export type PendingChanges = Map<ChangedTable, PendingTable>

/** Folds a change into what is pending; gives the whole row as it now is, where that is known. */
export function mergeChange(
  pending: PendingChanges,
  change: Exclude<RowChange | WorkChange, Removal>,
  known: (key: string) => AnyRow | undefined,
): AnyRow | undefined {
  const table = pendingTable(pending, change.table)
  if (change.kind !== 'patch') {
    const key = keyText(keyOf(change.row, primaryKeys[change.table]))
    const rows = change.kind === 'insert' ? table.inserts : table.upserts
    rows.set(key, change.row)
    return change.row
  }
  const key = keyText(change.key)
  for (const rows of [table.inserts, table.upserts]) {
    const row = rows.get(key)
    if (row === undefined) continue
    const patched = { ...row, ...change.set }
    rows.set(key, patched)
    return patched
  }
  const earlier = table.patches.get(key)
  table.patches.set(key, { key: change.key, set: { ...earlier?.set, ...change.set } })
  const row = known(key)
  return row === undefined ? undefined : { ...row, ...change.set }
}

function pendingTable(pending: PendingChanges, name: ChangedTable): PendingTable {
  let table = pending.get(name)
  if (table === undefined) {
    table = { removals: new Map(), inserts: new Map(), upserts: new Map(), patches: new Map() }
    pending.set(name, table)
  }
  return table
}

/** Folds a removal into what is pending: what is not yet written never will be. */
export function mergeRemoval(pending: PendingChanges, { table, key }: Removal): void {
  const { removals, inserts, upserts, patches } = pendingTable(pending, table)
  for (const rows of [inserts, upserts]) {
    for (const [name, row] of rows) if (isBelow({ table, key }, row)) rows.delete(name)
  }
  for (const [name, patch] of patches) {
    if (key.every((value, place) => patch.key[place] === value)) patches.delete(name)
  }
  removals.set(keyText(key), key)
}

/** Whether a row's primary key begins with these values. */
export function isBelow({ table, key }: Omit<Removal, 'kind'>, row: AnyRow): boolean {
  return key.every((value, place) => row[primaryKeys[table][place] ?? ''] === value)
}

/** Writes what is pending in bulk, and forgets it. */
export async function writePending(tx: WriteTransaction, pending: PendingChanges): Promise<void> {
  const changed = [...pending]
  pending.clear()
  for (const [table, changes] of changed) await writeTable(tx, table, changes)
}

async function writeTable(
  tx: WriteTransaction,
  table: ChangedTable,
  { removals, inserts, upserts, patches }: PendingTable,
): Promise<void> {
  for (const key of removals.values()) {
    const match = key.map(
      (value, place) => sql`${sql.ref(primaryKeys[table][place] ?? '')} = ${value}`,
    )
    await sql`delete from ${sql.table(table)} where ${sql.join(match, sql` and `)}`.execute(
      tx.query,
    )
  }
  if (inserts.size > 0) await tx.insert(table, [...inserts.values()] as never)
  if (upserts.size > 0) await tx.upsert(table, [...upserts.values()] as never)
  if (patches.size > 0) await tx.patch(table, [...patches.values()] as never)
}

/** A row's values of some columns. */
export function keyOf(row: AnyRow, columns: readonly string[]): Key {
  return columns.map((column) => row[column] as string | number)
}
