import type { NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

interface Range {
  readonly namespace: NamespaceName
  readonly from: number
  readonly limit: number
}

const oldestFirst = statement<Range, Row<'access_log'>>((db, param) =>
  db
    .selectFrom('access_log')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('sequence', '>', param('from'))
    .orderBy('sequence')
    .limit(param('limit')),
)

const newestFirst = statement<Range, Row<'access_log'>>((db, param) =>
  db
    .selectFrom('access_log')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('sequence', '<', param('from'))
    .orderBy('sequence', 'desc')
    .limit(param('limit')),
)

const end = statement<{ namespace: NamespaceName }, AccessEnd>((db, param) =>
  db
    .selectFrom('log_head')
    .select(['access_count as count', 'access_hash as hash'])
    .where('namespace', '=', param('namespace')),
)

/** Where an access log ends: its records, and the hash of the newest; no bytes where there is none. */
export interface AccessEnd {
  readonly count: number
  readonly hash: Uint8Array
}

/** Where a namespace's access log ends; undefined where there is no such namespace. */
export async function readAccessEnd(
  reader: Reader,
  namespace: NamespaceName,
): Promise<AccessEnd | undefined> {
  const [found] = await end(reader, { namespace })
  return found
}

/** Which records to read: those behind a sequence number, in an order, or the first of all. */
export interface AccessRange {
  readonly order: 'oldest-first' | 'newest-first'
  readonly behind: number | undefined
  readonly limit: number
}

/** Records of a namespace's access log. */
export async function readAccess(
  reader: Reader,
  namespace: NamespaceName,
  { order, behind, limit }: AccessRange,
): Promise<readonly Row<'access_log'>[]> {
  return order === 'oldest-first'
    ? oldestFirst(reader, { namespace, from: behind ?? -1, limit })
    : newestFirst(reader, { namespace, from: behind ?? Number.MAX_SAFE_INTEGER, limit })
}
