import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { FormatVersionSummary } from '../../schema/format.ts'
import type { Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { describeVersion, readVersions, unknownFormat } from '../timeline/read-format.ts'

/**
 * The versions of a format with their changelog, newest first, as published until an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORMAT_NOT_FOUND | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getFormat(
  { db }: Context,
  _principal: Principal,
  { namespace, format, limit = PAGE_DEFAULT_COUNT, cursor, asOf }: InputOf<'getFormat'>,
): Promise<{ readonly items: readonly FormatVersionSummary[]; readonly next: string | null }> {
  const index = await resolveAsOf(db, namespace, asOf)
  const scope = { list: 'format', namespace, format, asOf: asOf ?? null }
  const [before] = cursor === undefined ? [index + 1] : parseCursor(scope, cursor, ['number'])
  const until = Math.min(index, Number(before) - 1) as LogIndex
  const rows = await readVersions(db, { namespace, format, asOf: until }, limit + 1)
  if (rows.length === 0 && cursor === undefined) throw unknownFormat({ namespace, format })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(describeVersion),
    next: rows.length > limit && last !== undefined ? encodeCursor(scope, [last.log_index]) : null,
  }
}
