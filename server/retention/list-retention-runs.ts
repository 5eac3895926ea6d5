import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { RetentionRun } from '../../schema/retention.ts'
import type { Context } from '../context.ts'
import { newestIndex } from '../log/read-entries.ts'
import { retentionRunOf } from './rules.ts'

/**
 * Retention runs, newest first. Without a job, the principal needs `read` on every job of the namespace.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | INVALID_CURSOR}
 */
export async function listRetentionRuns(
  { db }: Context,
  principal: Principal,
  { namespace, job, cursor, limit = PAGE_DEFAULT_COUNT }: InputOf<'listRetentionRuns'>,
): Promise<{ readonly items: readonly RetentionRun[]; readonly next: string | null }> {
  if (job === undefined) requireOnNamespace(principal, 'read', namespace)
  else requireOnJob(principal, 'read', { namespace, job })
  const newest = await newestIndex(db, namespace)
  const scope = { list: 'retention-runs', namespace, job: job ?? null }
  const [before] = cursor === undefined ? [newest + 1] : parseCursor(scope, cursor, ['number'])
  let query = db
    .selectFrom('retention_run')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('log_index', '<', before as LogIndex)
    .orderBy('log_index', 'desc')
    .limit(limit + 1)
  if (job !== undefined) query = query.where('job', '=', job)
  const rows = await query.execute()
  const items = rows.slice(0, limit).map(retentionRunOf)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? encodeCursor(scope, [last.index]) : null }
}
