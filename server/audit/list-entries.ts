import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { newestIndex, readEntries } from '../log/read-entries.ts'
import { parseEntryRecord, type EntryRecord } from './rules.ts'

/** Entries in order, and how many the log has by then. */
export interface EntryPage {
  readonly items: readonly EntryRecord[]
  /** The log's size: at least one more than the last item's index. */
  readonly size: number
}

/**
 * The namespace's log in order, after an index (default: from the beginning), at most 500 entries.
 *
 * @throws {NAMESPACE_NOT_FOUND | LOG_CORRUPT}
 */
export async function listEntries(
  { db }: Context,
  _principal: Principal,
  input: InputOf<'listEntries'>,
): Promise<EntryPage> {
  const { namespace, after = -1, limit = PAGE_DEFAULT_COUNT } = input
  const rows = await readEntries(db, namespace, { after, limit })
  // The size is read second: entries may arrive in between, and no item may lie beyond the size.
  const size = (await newestIndex(db, namespace)) + 1
  return { items: rows.map(parseEntryRecord), size }
}
