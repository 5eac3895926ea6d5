import type { CheckpointSummary } from '../../schema/checkpoint.ts'
import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { readLinePart } from '../timeline/read-line-part.ts'
import { readRun } from '../timeline/read-run.ts'
import { summarize } from '../timeline/summarize.ts'
import { keyOfPlace, placeKinds, placeOfKey } from './rules.ts'

/**
 * The checkpoints of the line that leads to a run, oldest first: what it restored from, and its own.
 *
 * @throws {NAMESPACE_NOT_FOUND | RUN_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listLine(
  { db }: Context,
  principal: Principal,
  input: InputOf<'listLine'>,
): Promise<{ readonly items: readonly CheckpointSummary[]; readonly next: string | null }> {
  const { namespace, run, limit = PAGE_DEFAULT_COUNT, cursor, minStep, maxStep } = input
  const asOf = await resolveAsOf(db, namespace, input.asOf)
  await readRun(db, { principal, verb: 'read' }, { namespace, run, asOf })
  const { limit: _limit, cursor: _cursor, ...filters } = input
  const scope = { list: 'line', ...filters }
  const after =
    cursor === undefined ? undefined : placeOfKey(parseCursor(scope, cursor, placeKinds))
  const question = { namespace, run, asOf, minStep, maxStep, after, limit: limit + 1 }
  const rows = await readLinePart(db, question)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: await summarize(db, page, asOf),
    next: rows.length > limit && last !== undefined ? encodeCursor(scope, keyOfPlace(last)) : null,
  }
}
