import { CatalogError } from '../../schema/errors.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { unknownNamespace } from './unknown-namespace.ts'

const headOf = statement<{ namespace: NamespaceName }, { size: number }>(
  (db, param) =>
    db.selectFrom('log_head').select('size').where('namespace', '=', param('namespace')),
  { isShared: true },
)

/** Entries of a namespace's log; undefined where it was never declared. */
export async function readLogSize(
  reader: Reader,
  namespace: NamespaceName,
): Promise<number | undefined> {
  const [head] = await headOf(reader, { namespace })
  return head?.size
}

/**
 * The newest index of a namespace's log.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 */
export async function newestIndex(reader: Reader, namespace: NamespaceName): Promise<LogIndex> {
  const size = await readLogSize(reader, namespace)
  if (size === undefined || size === 0) throw unknownNamespace(namespace)
  return (size - 1) as LogIndex
}

/**
 * The index that a read is asked as of: the given one, or the newest.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log has not come that far
 */
export async function resolveAsOf(
  reader: Reader,
  namespace: NamespaceName,
  asOf: LogIndex | undefined,
): Promise<LogIndex> {
  const newest = await newestIndex(reader, namespace)
  if (asOf === undefined) return newest
  if (asOf > newest) {
    throw new CatalogError(
      'LOG_INDEX_OUT_OF_RANGE',
      `asOf is ${asOf}, and the newest entry of "${namespace}" is ${newest}: ask as of that or an earlier one.`,
      { detail: { newest } },
    )
  }
  return asOf
}

/** Entries after an index, oldest first. */
export async function readEntries(
  reader: Reader,
  namespace: NamespaceName,
  range: { readonly after: number; readonly limit: number },
): Promise<readonly Row<'entry'>[]> {
  return reader
    .selectFrom('entry')
    .select(['namespace', 'log_index', 'bytes', 'leaf_hash'])
    .where('namespace', '=', namespace)
    .where('log_index', '>', range.after as LogIndex)
    .orderBy('log_index')
    .limit(range.limit)
    .execute()
}

/** Single entries, in order of their index. */
export async function readEntriesAt(
  reader: Reader,
  namespace: NamespaceName,
  indexes: readonly LogIndex[],
): Promise<readonly Row<'entry'>[]> {
  if (indexes.length === 0) return []
  return reader
    .selectFrom('entry')
    .select(['namespace', 'log_index', 'bytes', 'leaf_hash'])
    .where('namespace', '=', namespace)
    .where('log_index', 'in', indexes)
    .orderBy('log_index')
    .execute()
}
