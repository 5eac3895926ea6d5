import { parseCursor, encodeCursor } from '../../schema/cursor.ts'
import { mayWithin, type Principal } from '../../schema/grant.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Namespace } from '../../schema/namespace.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import type { Row } from '../store/tables.ts'

const scope = { list: 'namespaces' }
/** Pages read before one is answered short: most of a large catalog may be hidden from the caller. */
const PAGES_MAX_COUNT = 20

/**
 * Namespaces that the principal may read something in, by name.
 *
 * @throws {INVALID_CURSOR}
 */
export async function listNamespaces(
  context: Context,
  principal: Principal,
  { limit = PAGE_DEFAULT_COUNT, cursor }: InputOf<'listNamespaces'>,
): Promise<{ readonly items: readonly Namespace[]; readonly next: string | null }> {
  let after = ''
  if (cursor !== undefined) [after] = parseCursor(scope, cursor, ['string']) as [string]
  const items: Namespace[] = []
  for (let page = 0; page < PAGES_MAX_COUNT; page += 1) {
    const rows = await newestDeclarations(context, after, limit + 1)
    for (const row of rows.slice(0, limit)) {
      if (items.length === limit) return { items, next: encodeCursor(scope, [after]) }
      after = row.namespace
      if (!mayWithin(principal, 'read', row.namespace)) continue
      const spec = JSON.parse(row.spec) as Namespace['spec']
      items.push({ namespace: row.namespace, spec, index: row.log_index, at: row.at })
    }
    if (rows.length <= limit) return { items, next: null }
  }
  return { items, next: encodeCursor(scope, [after]) }
}

async function newestDeclarations(
  { db }: Context,
  after: string,
  limit: number,
): Promise<readonly Row<'namespace'>[]> {
  return db
    .selectFrom('namespace as n')
    .selectAll()
    .where('namespace', '>', after as NamespaceName)
    .where((eb) =>
      eb(
        'log_index',
        '=',
        eb
          .selectFrom('namespace as newer')
          .select((newest) => newest.fn.max('newer.log_index').as('newest'))
          .whereRef('newer.namespace', '=', 'n.namespace'),
      ),
    )
    .orderBy('namespace')
    .limit(limit)
    .execute()
}
