import { parseCursor, encodeCursor } from '../../schema/cursor.ts'
import { jobPatterns, type Principal } from '../../schema/grant.ts'
import type { JobName } from '../../schema/names.ts'
import type { Job } from '../../schema/namespace.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { matchesPatterns } from '../store/matches-pattern.ts'

/**
 * Jobs that the principal may read, by name, as declared at an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listJobs(
  { db }: Context,
  principal: Principal,
  { namespace, limit = PAGE_DEFAULT_COUNT, cursor, asOf }: InputOf<'listJobs'>,
): Promise<{ readonly items: readonly Job[]; readonly next: string | null }> {
  const index = await resolveAsOf(db, namespace, asOf)
  const scope = { list: 'jobs', namespace, asOf: asOf ?? null }
  let after = ''
  if (cursor !== undefined) [after] = parseCursor(scope, cursor, ['string']) as [string]
  const rows = await db
    .selectFrom('job as j')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('job', '>', after as JobName)
    .where(matchesPatterns('job', jobPatterns(principal, 'read', namespace)))
    .where((eb) =>
      eb(
        'log_index',
        '=',
        eb
          .selectFrom('job as newer')
          .select((newest) => newest.fn.max('newer.log_index').as('newest'))
          .whereRef('newer.namespace', '=', 'j.namespace')
          .whereRef('newer.job', '=', 'j.job')
          .where('newer.log_index', '<=', index),
      ),
    )
    .orderBy('job')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map((row) => ({
    namespace,
    job: row.job,
    spec: JSON.parse(row.spec) as Job['spec'],
    index: row.log_index,
    at: row.at,
  }))
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? encodeCursor(scope, [last.job]) : null }
}
