import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'

/** Entries, and tree heads, read at a time: at most 16 MiB of them. */
const ENTRIES_CHUNK_COUNT = 256
/** Documents read at a time: at most 128 MiB, and usually some kilobytes. */
const DOCUMENTS_CHUNK_COUNT = 16

/** A part of a log: from an index up to but not including another. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The stored entries of a span, in order; what is missing is passed over. */
export function storedEntries(
  db: Reader,
  namespace: NamespaceName,
  { from, to }: Span,
): AsyncGenerator<Row<'entry'>, undefined> {
  return inOrder(
    { start: from - 1, chunkCount: ENTRIES_CHUNK_COUNT },
    (after) =>
      db
        .selectFrom('entry')
        .select(['namespace', 'log_index', 'bytes', 'leaf_hash'])
        .where('namespace', '=', namespace)
        .where('log_index', '>', after as LogIndex)
        .where('log_index', '<', to as LogIndex)
        .orderBy('log_index')
        .limit(ENTRIES_CHUNK_COUNT)
        .execute(),
    (row) => row.log_index,
  )
}

/** The stored documents of a span of entries, in order of those. */
export function storedDocuments(
  db: Reader,
  namespace: NamespaceName,
  { from, to }: Span,
): AsyncGenerator<Row<'document'>, undefined> {
  return inOrder(
    { start: from - 1, chunkCount: DOCUMENTS_CHUNK_COUNT },
    (after) =>
      db
        .selectFrom('document')
        .select(['namespace', 'log_index', 'bytes'])
        .where('namespace', '=', namespace)
        .where('log_index', '>', after as LogIndex)
        .where('log_index', '<', to as LogIndex)
        .orderBy('log_index')
        .limit(DOCUMENTS_CHUNK_COUNT)
        .execute(),
    (row) => row.log_index,
  )
}

/** The tree heads of a log from the smallest on, as far as a size. */
export function storedHeads(
  db: Reader,
  namespace: NamespaceName,
  maxSize: number,
): AsyncGenerator<Row<'tree_head'>, undefined> {
  return inOrder(
    // No head has the size 0, and one that says so is found.
    { start: -1, chunkCount: ENTRIES_CHUNK_COUNT },
    (after) =>
      db
        .selectFrom('tree_head')
        .select(['namespace', 'size', 'root', 'at_ms'])
        .where('namespace', '=', namespace)
        .where('size', '>', after)
        .where('size', '<=', maxSize)
        .orderBy('size')
        .limit(ENTRIES_CHUNK_COUNT)
        .execute(),
    (row) => row.size,
  )
}

/** Rows chunk by chunk; a damaged index that gives them out of order ends with an error, not in a circle. */
async function* inOrder<Stored>(
  { start, chunkCount }: { readonly start: number; readonly chunkCount: number },
  read: (after: number) => Promise<readonly Stored[]>,
  keyOf: (row: Stored) => number,
): AsyncGenerator<Stored, undefined> {
  let after = start
  for (;;) {
    const rows = await read(after)
    for (const row of rows) {
      const key = keyOf(row)
      if (!(key > after)) throw new Error(`the database gave row ${key} after row ${after}`)
      after = key
      yield row
    }
    if (rows.length < chunkCount) return undefined
  }
}
