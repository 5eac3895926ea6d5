import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { readAccess, readAccessEnd } from '../log/read-access-log.ts'
import { newestIndex } from '../log/read-entries.ts'
import { parseAccessRecord, type AccessRecord } from './rules.ts'

const NO_BYTES = new Uint8Array(0)

/** Records of the access log; `next` is null on the last page. */
export interface AccessPage {
  readonly items: readonly AccessRecord[]
  readonly next: string | null
  /** Where the access log ended before the records were read. */
  readonly end: { readonly count: number; readonly hash: string }
}

/**
 * Who asked what of the namespace: every write, and every request that was denied. Oldest first by default.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_CURSOR}
 */
export async function listAccessLog(
  { db }: Context,
  _principal: Principal,
  {
    namespace,
    cursor,
    limit = PAGE_DEFAULT_COUNT,
    order = 'oldest-first',
  }: InputOf<'listAccessLog'>,
): Promise<AccessPage> {
  await newestIndex(db, namespace)
  const scope = { list: 'access-log', namespace, order }
  const [behind] = cursor === undefined ? [] : parseCursor(scope, cursor, ['number'])
  // Before the records: those that are written meanwhile may come beyond it, and none may be missing.
  const { count, hash } = (await readAccessEnd(db, namespace)) ?? { count: 0, hash: NO_BYTES }
  const rows = await readAccess(db, namespace, {
    order,
    behind: behind === undefined ? undefined : Number(behind),
    limit: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(parseAccessRecord),
    next: rows.length > limit && last !== undefined ? encodeCursor(scope, [last.sequence]) : null,
    end: { count, hash: encodeBase64(hash) },
  }
}
