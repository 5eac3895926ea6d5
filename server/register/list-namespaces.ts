import { parseCursor, encodeCursor } from '../../schema/cursor.ts'
import { namespacePatterns, type Principal } from '../../schema/grant.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Namespace } from '../../schema/namespace.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { matchesPatterns } from '../store/matches-pattern.ts'
import type { Row } from '../store/tables.ts'

const scope = { list: 'namespaces' }

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
  const rows = await newestDeclarations(context, principal, { after, limit: limit + 1 })
  const items = rows.slice(0, limit).map((row) => ({
    namespace: row.namespace,
    spec: JSON.parse(row.spec) as Namespace['spec'],
    index: row.log_index,
    at: row.at,
  }))
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? encodeCursor(scope, [last.namespace]) : null }
}

async function newestDeclarations(
  { db }: Context,
  principal: Principal,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly Row<'namespace'>[]> {
  return db
    .selectFrom('namespace as n')
    .selectAll()
    .where('namespace', '>', after as NamespaceName)
    .where(matchesPatterns('namespace', namespacePatterns(principal, 'read')))
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
