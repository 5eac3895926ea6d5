import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Principal } from '../../schema/grant.ts'
import type { PolicyName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Policy } from '../../schema/policy.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { policyOf } from '../timeline/read-policy.ts'

/**
 * Policies by name, as set at an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listPolicies(
  { db }: Context,
  _principal: Principal,
  { namespace, limit = PAGE_DEFAULT_COUNT, cursor, asOf }: InputOf<'listPolicies'>,
): Promise<{ readonly items: readonly Policy[]; readonly next: string | null }> {
  const index = await resolveAsOf(db, namespace, asOf)
  const scope = { list: 'policies', namespace, asOf: asOf ?? null }
  let after = ''
  if (cursor !== undefined) [after] = parseCursor(scope, cursor, ['string']) as [string]
  const rows = await db
    .selectFrom('policy as p')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('policy', '>', after as PolicyName)
    .where((eb) =>
      eb(
        'log_index',
        '=',
        eb
          .selectFrom('policy as newer')
          .select((newest) => newest.fn.max('newer.log_index').as('newest'))
          .whereRef('newer.namespace', '=', 'p.namespace')
          .whereRef('newer.policy', '=', 'p.policy')
          .where('newer.log_index', '<=', index),
      ),
    )
    .orderBy('policy')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map(policyOf)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? encodeCursor(scope, [last.policy]) : null }
}
