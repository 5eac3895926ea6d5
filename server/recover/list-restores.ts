import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Restore } from '../../schema/restore.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { restoreOf } from '../timeline/read-restores.ts'

/**
 * Restores, newest first. Without a job, the principal needs `read` on every job of the namespace.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listRestores(
  { db }: Context,
  principal: Principal,
  input: InputOf<'listRestores'>,
): Promise<{ readonly items: readonly Restore[]; readonly next: string | null }> {
  const { namespace, job, asOf, cursor, limit = PAGE_DEFAULT_COUNT } = input
  if (job === undefined) requireOnNamespace(principal, 'read', namespace)
  else requireOnJob(principal, 'read', { namespace, job })
  const index = await resolveAsOf(db, namespace, asOf)
  const scope = { list: 'restores', namespace, job: job ?? null, asOf: asOf ?? null }
  let query = db
    .selectFrom('restore')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('opened_index', '<=', index)
    .orderBy('opened_index', 'desc')
    .limit(limit + 1)
  if (job !== undefined) query = query.where('job', '=', job)
  if (cursor !== undefined) {
    const [before] = parseCursor(scope, cursor, ['number'])
    query = query.where('opened_index', '<', before as LogIndex)
  }
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map((row) => restoreOf(row, index)),
    next:
      rows.length > limit && last !== undefined ? encodeCursor(scope, [last.opened_index]) : null,
  }
}
