import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { readAccess } from '../log/read-access-log.ts'
import { newestIndex } from '../log/read-entries.ts'
import { parseAccessRecord, type AccessRecord } from './rules.ts'

/** Records of the access log; `next` is null on the last page. */
export interface AccessPage {
  readonly items: readonly AccessRecord[]
  readonly next: string | null
}

/**
 * Who asked what of the namespace, oldest first: every write, and every request that was denied.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_CURSOR}
 */
export async function listAccessLog(
  { db }: Context,
  _principal: Principal,
  { namespace, cursor, limit = PAGE_DEFAULT_COUNT }: InputOf<'listAccessLog'>,
): Promise<AccessPage> {
  await newestIndex(db, namespace)
  const scope = { list: 'access-log', namespace }
  const [after] = cursor === undefined ? [-1] : parseCursor(scope, cursor, ['number'])
  const rows = await readAccess(db, namespace, { after: Number(after), limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(parseAccessRecord),
    next: rows.length > limit && last !== undefined ? encodeCursor(scope, [last.sequence]) : null,
  }
}
