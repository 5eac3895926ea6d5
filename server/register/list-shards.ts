import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Principal } from '../../schema/grant.ts'
import type { Shard } from '../../schema/manifest.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { StoredShard } from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import { readReservation } from './read-reservation.ts'

/**
 * The shards that wait in a reservation, or that it left behind, by rank.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN | INVALID_CURSOR}
 */
export async function listShards(
  { db }: Context,
  principal: Principal,
  input: InputOf<'listShards'>,
): Promise<{ readonly items: readonly StoredShard[]; readonly next: string | null }> {
  const { namespace, reservation, cursor, limit = PAGE_DEFAULT_COUNT } = input
  await readReservation(db, { principal, verb: 'read' }, { namespace, reservation })
  const scope = { list: 'shards', namespace, reservation }
  const [after] = cursor === undefined ? [-1] : parseCursor(scope, cursor, ['number'])
  const rows = await db
    .selectFrom('reservation_shard')
    .select(['rank', 'digest', 'shard'])
    .where('namespace', '=', namespace)
    .where('reservation', '=', reservation)
    .where('rank', '>', Number(after))
    .orderBy('rank')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const more = rows.length > limit && last !== undefined
  return {
    items: page.map(({ digest, shard }) => ({ ...parseShard(shard), digest })),
    next: more ? encodeCursor(scope, [last.rank]) : null,
  }
}

const parseShard = (text: string): Shard => JSON.parse(text) as Shard
