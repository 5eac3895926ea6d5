import assert from 'node:assert/strict'
import { readingOf, type Reader, type WriteTransaction } from '../store/database.ts'
import type { Key, Lookup } from '../store/lookup.ts'
import { primaryLookups } from '../store/primary-lookups.ts'
import { primaryKeys, type ProjectionTable, type Row, type TableName } from '../store/tables.ts'
import { keyText, type RowChange } from './projection.ts'

/** A row that a decision will look at. */
export interface Read<Name extends TableName = TableName> {
  readonly lookup: Lookup<Name>
  readonly key: Key
}

/** What a decision may know: the rows it asked for, as they are after everything decided before it. */
export interface Facts {
  /** The row, or undefined where there is none. It must be among the command's `reads`. */
  find<Name extends TableName>(lookup: Lookup<Name>, key: Key): Row<Name> | undefined
  /** Loads further rows; each call is a round trip, where `reads` share one for the whole batch. */
  load(reads: readonly Read[]): Promise<void>
  /** A handle for questions that no lookup answers; writes pending changes first. */
  query(): Promise<Reader>
}

/** Facts that changes can be applied to, and that write them in bulk. */
export interface PendingFacts extends Facts {
  apply(changes: readonly RowChange[]): void
  flush(): Promise<void>
}

type AnyRow = Readonly<Record<string, unknown>>
type Rows = Map<string, AnyRow | undefined>

interface PendingTable {
  readonly inserts: Map<string, AnyRow>
  readonly upserts: Map<string, AnyRow>
  readonly patches: Map<string, { readonly key: Key; readonly set: AnyRow }>
}

/** Facts over one transaction: a read-through cache that keeps up with what the batch decides. */
export function openFacts(tx: WriteTransaction): PendingFacts {
  const known = new Map<string, { readonly lookup: Lookup; readonly rows: Rows }>()
  const pending = new Map<ProjectionTable, PendingTable>()

  const rowsOf = (lookup: Lookup): Rows => {
    let entry = known.get(lookup.name)
    if (entry === undefined) {
      entry = { lookup, rows: new Map() }
      known.set(lookup.name, entry)
    }
    return entry.rows
  }
  const remember = (table: TableName, row: AnyRow): void => {
    for (const { lookup, rows } of known.values()) {
      if (lookup.table === table) rows.set(keyText(keyOf(row, lookup.columns)), row)
    }
  }
  const flush = async (): Promise<void> => {
    const changed = [...pending]
    pending.clear()
    for (const [table, changes] of changed) await write(tx, table, changes)
  }
  const load = async (reads: readonly Read[]): Promise<void> => {
    const wanted = new Map<Rows, { readonly lookup: Lookup; readonly keys: Map<string, Key> }>()
    for (const { lookup, key } of reads) {
      const rows = rowsOf(lookup)
      const name = keyText(key)
      if (rows.has(name)) continue
      const entry = wanted.get(rows) ?? { lookup, keys: new Map<string, Key>() }
      entry.keys.set(name, key)
      wanted.set(rows, entry)
    }
    // A row that is not yet known may be among the changes not yet written.
    if (wanted.size > 0 && pending.size > 0) await flush()
    for (const [rows, { lookup, keys }] of wanted) {
      const found = await tx.find(lookup, [...keys.values()])
      let place = 0
      for (const name of keys.keys()) rows.set(name, found[place++])
    }
  }

  return {
    find: <Name extends TableName>(lookup: Lookup<Name>, key: Key) => {
      const rows = rowsOf(lookup)
      const name = keyText(key)
      assert.ok(rows.has(name), `${lookup.table} row was not among the reads`)
      return rows.get(name) as Row<Name> | undefined
    },
    load,
    query: async () => {
      await flush()
      return readingOf(tx.query)
    },
    apply: (changes) => {
      for (const change of changes) {
        const row = merge(pending, change, (key) => rowsOf(primaryLookups[change.table]).get(key))
        if (row !== undefined) remember(change.table, row)
      }
    },
    flush,
  }
}

/** Folds a change into what is pending; gives the whole row as it now is, where that is known. */
function merge(
  pending: Map<ProjectionTable, PendingTable>,
  change: RowChange,
  known: (key: string) => AnyRow | undefined,
): AnyRow | undefined {
  let table = pending.get(change.table)
  if (table === undefined) {
    table = { inserts: new Map(), upserts: new Map(), patches: new Map() }
    pending.set(change.table, table)
  }
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

async function write(
  tx: WriteTransaction,
  table: ProjectionTable,
  changes: PendingTable,
): Promise<void> {
  const { inserts, upserts, patches } = changes
  if (inserts.size > 0) await tx.insert(table, [...inserts.values()] as never)
  if (upserts.size > 0) await tx.upsert(table, [...upserts.values()] as never)
  if (patches.size > 0) await tx.patch(table, [...patches.values()] as never)
}

function keyOf(row: AnyRow, columns: readonly string[]): Key {
  return columns.map((column) => row[column] as string | number)
}
