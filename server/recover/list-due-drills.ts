import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { DueDrill } from '../../schema/drill.ts'
import { mayOnJob, type Principal } from '../../schema/grant.ts'
import type { JobName, NamespaceName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import { readJobPolicy } from '../timeline/read-policy.ts'

/**
 * Jobs that were not restored in a drill as often as their policy says, by name. A job that never was is due from
 * its declaration on.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_CURSOR}
 */
export async function listDueDrills(
  { db, nowMs }: Context,
  principal: Principal,
  { namespace, limit = PAGE_DEFAULT_COUNT, cursor }: InputOf<'listDueDrills'>,
): Promise<{ readonly items: readonly DueDrill[]; readonly next: string | null }> {
  const asOf = await resolveAsOf(db, namespace, undefined)
  const scope = { list: 'due-drills', namespace }
  let after = ''
  if (cursor !== undefined) [after] = parseCursor(scope, cursor, ['string']) as [string]
  const { page, hasMore } = await readableAfter(db, principal, { namespace, after, limit })
  const items: DueDrill[] = []
  for (const { job, declaredAt } of page) {
    const found = await readJobPolicy(db, { namespace, job, asOf })
    const rehearseEverySeconds = found?.spec.rehearseEverySeconds
    if (found === undefined || rehearseEverySeconds === undefined) continue
    const lastAt = await lastRestored(db, namespace, job)
    const dueMs = Date.parse(lastAt ?? declaredAt) + rehearseEverySeconds * 1000
    if (dueMs > nowMs()) continue
    const { policy } = found
    const dueAt = new Date(dueMs).toISOString()
    const last = lastAt === undefined ? {} : { lastAt }
    items.push({ job, policy, rehearseEverySeconds, ...last, dueAt })
  }
  const last = page.at(-1)
  return { items, next: hasMore && last !== undefined ? encodeCursor(scope, [last.job]) : null }
}

/** The next jobs that the principal may read: a cursor must not name one that it may not. */
async function readableAfter(
  db: Reader,
  principal: Principal,
  { namespace, after, limit }: { namespace: NamespaceName; after: string; limit: number },
) {
  let from = after
  for (;;) {
    const rows = await db
      .selectFrom('job')
      .select(({ fn }) => ['job', fn.min('at').as('declaredAt')])
      .where('namespace', '=', namespace)
      .where('job', '>', from as JobName)
      .groupBy('job')
      .orderBy('job')
      .limit(limit + 1)
      .execute()
    const hasMore = rows.length > limit
    const looked = rows.slice(0, limit)
    const page = looked.filter(({ job }) => mayOnJob(principal, 'read', { namespace, job }))
    const last = looked.at(-1)
    if (page.length > 0 || !hasMore || last === undefined) return { page, hasMore }
    from = last.job
  }
}

async function lastRestored(
  db: Reader,
  namespace: NamespaceName,
  job: JobName,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('rehearsal')
    .select('at')
    .where('namespace', '=', namespace)
    .where('job', '=', job)
    .where('outcome', '=', 'restored')
    .orderBy('log_index', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.at
}
