import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { FormatVersionSummary } from '../../schema/format.ts'
import type { Principal } from '../../schema/grant.ts'
import type { FormatName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { describeVersion } from '../timeline/read-format.ts'

/**
 * Formats by name, each with the version that was published last until an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listFormats(
  { db }: Context,
  _principal: Principal,
  { namespace, limit = PAGE_DEFAULT_COUNT, cursor, asOf }: InputOf<'listFormats'>,
): Promise<{ readonly items: readonly FormatVersionSummary[]; readonly next: string | null }> {
  const index = await resolveAsOf(db, namespace, asOf)
  const scope = { list: 'formats', namespace, asOf: asOf ?? null }
  let after = ''
  if (cursor !== undefined) [after] = parseCursor(scope, cursor, ['string']) as [string]
  const rows = await db
    .selectFrom('format_version as f')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('format', '>', after as FormatName)
    .where((eb) =>
      eb(
        'log_index',
        '=',
        eb
          .selectFrom('format_version as newer')
          .select((newest) => newest.fn.max('newer.log_index').as('newest'))
          .whereRef('newer.namespace', '=', 'f.namespace')
          .whereRef('newer.format', '=', 'f.format')
          .where('newer.log_index', '<=', index),
      ),
    )
    .orderBy('format')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map(describeVersion)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? encodeCursor(scope, [last.format]) : null }
}
