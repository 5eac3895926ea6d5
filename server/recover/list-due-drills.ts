import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { DueDrill } from '../../schema/drill.ts'
import { jobPatterns, type Principal } from '../../schema/grant.ts'
import type { JobName, NamespaceName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import { matchesPatterns } from '../store/matches-pattern.ts'
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
  const rows = await readableAfter(db, principal, { namespace, after, limit: limit + 1 })
  const page = rows.slice(0, limit)
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
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? encodeCursor(scope, [last.job]) : null }
}

async function readableAfter(
  db: Reader,
  principal: Principal,
  { namespace, after, limit }: { namespace: NamespaceName; after: string; limit: number },
) {
  return db
    .selectFrom('job')
    .select(({ fn }) => ['job', fn.min('at').as('declaredAt')])
    .where('namespace', '=', namespace)
    .where('job', '>', after as JobName)
    .where(matchesPatterns('job', jobPatterns(principal, 'read', namespace)))
    .groupBy('job')
    .orderBy('job')
    .limit(limit)
    .execute()
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
