import assert from 'node:assert/strict'
import { readingOf, type Reader, type WriteTransaction } from '../store/database.ts'
import type { Key, Lookup } from '../store/lookup.ts'
import { primaryLookups } from '../store/primary-lookups.ts'
import type { Row, TableName } from '../store/tables.ts'
import {
  isBelow,
  keyOf,
  mergeChange,
  mergeRemoval,
  writePending,
  type AnyRow,
  type PendingChanges,
  type Removal,
} from './pending-changes.ts'
import { keyText, type RowChange } from './projection.ts'
import type { WorkChange } from './work-change.ts'

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
  apply(changes: readonly (RowChange | WorkChange)[]): void
  flush(): Promise<void>
}

type Rows = Map<string, AnyRow | undefined>

/** Facts over one transaction: a read-through cache that keeps up with what the batch decides. */
export function openFacts(tx: WriteTransaction): PendingFacts {
  const known = new Map<string, { readonly lookup: Lookup; readonly rows: Rows }>()
  const pending: PendingChanges = new Map()

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
  const forget = (removal: Removal): void => {
    for (const { lookup, rows } of known.values()) {
      if (lookup.table === removal.table) forgetBelow(rows, removal)
    }
  }
  const flush = (): Promise<void> => writePending(tx, pending)
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
        if (change.kind === 'remove') {
          mergeRemoval(pending, change)
          forget(change)
          continue
        }
        const row = mergeChange(pending, change, (key) =>
          rowsOf(primaryLookups[change.table]).get(key),
        )
        if (row !== undefined) remember(change.table, row)
      }
    },
    flush,
  }
}

function forgetBelow(rows: Rows, removal: Removal): void {
  for (const [name, row] of rows) {
    if (row !== undefined && isBelow(removal, row)) rows.set(name, undefined)
  }
}
