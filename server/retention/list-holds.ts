import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Principal } from '../../schema/grant.ts'
import type { Hold } from '../../schema/hold.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { holdOf, isPlaced, readHoldsOn } from '../timeline/read-holds.ts'

/**
 * The holds on a checkpoint that were not lifted, oldest first.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listHolds(
  { db }: Context,
  principal: Principal,
  input: InputOf<'listHolds'>,
): Promise<{ readonly items: readonly Hold[]; readonly next: string | null }> {
  const { namespace, digest, cursor, limit = PAGE_DEFAULT_COUNT } = input
  const asOf = await resolveAsOf(db, namespace, input.asOf)
  await readCheckpoint(db, { principal, verb: 'read' }, { namespace, digest, asOf })
  const scope = { list: 'holds', namespace, digest, asOf: input.asOf ?? null }
  const [after] = cursor === undefined ? [-1] : parseCursor(scope, cursor, ['number'])
  const known = await readHoldsOn(db, { namespace, checkpoint: digest, asOf })
  const rest = known.filter((row) => isPlaced(row, asOf) && row.placed_index > Number(after))
  const items = rest.slice(0, limit).map(holdOf)
  const last = items.at(-1)
  const more = rest.length > limit && last !== undefined
  return { items, next: more ? encodeCursor(scope, [last.index]) : null }
}
