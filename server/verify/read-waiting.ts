import { objectsOf, type ReferredObject } from '../../schema/manifest-objects.ts'
import type { Shard } from '../../schema/manifest.ts'
import type { NamespaceName, ReservationId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'

/** Shards that are read at a time: bounds memory, as each may name thousands of blobs. */
const PAGE_COUNT = 64

/** An object version of a shard that is part of no checkpoint. */
export interface WaitingObject extends ReferredObject {
  readonly reservation: ReservationId
  /** Whether its reservation was abandoned; others may still be finalized. */
  readonly isAbandoned: boolean
}

/** Object versions of all shards that reservations of a namespace hold, or were left with when they were abandoned. */
export async function* readWaiting(
  db: Reader,
  namespace: NamespaceName,
): AsyncGenerator<WaitingObject> {
  let after = { reservation: '' as ReservationId, rank: -1 }
  for (;;) {
    const { reservation, rank } = after
    const rows = await db
      .selectFrom('reservation_shard as s')
      .innerJoin('reservation as r', (join) =>
        join.onRef('r.namespace', '=', 's.namespace').onRef('r.reservation', '=', 's.reservation'),
      )
      .select(['s.reservation', 's.rank', 's.shard', 'r.reason'])
      .where('s.namespace', '=', namespace)
      .where((eb) =>
        eb.or([
          eb('s.reservation', '>', reservation),
          eb.and([eb('s.reservation', '=', reservation), eb('s.rank', '>', rank)]),
        ]),
      )
      .orderBy('s.reservation')
      .orderBy('s.rank')
      .limit(PAGE_COUNT)
      .execute()
    for (const row of rows) {
      const shards = [JSON.parse(row.shard) as Shard]
      for (const object of objectsOf({ shards }).values()) {
        yield { ...object, reservation: row.reservation, isAbandoned: row.reason !== null }
      }
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_COUNT) return
    after = last
  }
}
