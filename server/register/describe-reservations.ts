import type { LogIndex } from '../../schema/names.ts'
import {
  ORPHANS_MAX_COUNT,
  type Reservation,
  type ReservationState,
} from '../../schema/reservation.ts'
import type { BlobReference } from '../../schema/blob-reference.ts'
import type { Shard } from '../../schema/manifest.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { missingRanks } from './rules.ts'

/** As of when, and whether to say which ranks are missing, which reads them all. */
interface Wanted {
  readonly asOf: LogIndex
  readonly namesMissing?: true
}

/** Reservations as callers see them; abandoned ones name what they left behind, as far as one answer may. */
export async function describeReservations(
  db: Reader,
  rows: readonly Row<'reservation'>[],
  { asOf, namesMissing }: Wanted,
): Promise<readonly Reservation[]> {
  const described: Reservation[] = []
  let orphansLeft = ORPHANS_MAX_COUNT
  for (const row of rows) {
    const base = describe(row, asOf)
    const missing = namesMissing === true && row.checkpoint === null ? await missingOf(db, row) : []
    const named = missing.length === 0 ? {} : { missing }
    if (row.ended_index === null) {
      described.push({ ...base, ...(await leaseOf(db, row)), ...named })
    } else if (base.state === 'abandoned' && (row.blob_count ?? 0) > 0) {
      const blobs = orphansLeft > 0 ? await readOrphans(db, row, orphansLeft) : []
      orphansLeft -= blobs.length
      described.push({ ...base, ...named, blobs })
    } else described.push(base.state === 'abandoned' ? { ...base, ...named } : base)
  }
  return described
}

function describe(row: Row<'reservation'>, asOf: LogIndex): Reservation {
  const { reservation, namespace, job, partition, run, attempt, step, kind, tier, manifest } = row
  const facts = { reservation, namespace, job, partition, run, attempt, step, kind, tier, manifest }
  return {
    ...facts,
    worldSize: row.world_size,
    state: stateOf(row, asOf),
    openedAt: row.opened_at,
    openedIndex: row.opened_index,
    ...(row.ended_index === null || row.ended_index > asOf ? {} : endOf(row)),
  }
}

function stateOf(row: Row<'reservation'>, asOf: LogIndex): ReservationState {
  if (row.ended_index === null || row.ended_index > asOf) return 'open'
  return row.reason === null ? 'finalized' : 'abandoned'
}

function endOf(row: Row<'reservation'>): Partial<Reservation> {
  return {
    ...(row.ended_index === null ? {} : { endedIndex: row.ended_index }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.ended_by === null ? {} : { endedBy: row.ended_by }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.checkpoint === null ? {} : { checkpoint: row.checkpoint }),
    ...(row.shard_count === null ? {} : { shardCount: row.shard_count }),
    ...(row.blob_count === null ? {} : { blobCount: row.blob_count }),
    ...(row.blob_bytes === null ? {} : { blobBytes: row.blob_bytes }),
  }
}

async function leaseOf(db: Reader, row: Row<'reservation'>): Promise<Partial<Reservation>> {
  const lease = await db
    .selectFrom('reservation_lease')
    .select(['lease_ms', 'until_ms', 'shard_count'])
    .where('namespace', '=', row.namespace)
    .where('reservation', '=', row.reservation)
    .executeTakeFirst()
  if (lease === undefined) return {}
  return {
    leaseUntil: new Date(lease.until_ms).toISOString(),
    leaseSeconds: lease.lease_ms / 1_000,
    shardCount: lease.shard_count,
  }
}

async function missingOf(db: Reader, row: Row<'reservation'>): Promise<readonly number[]> {
  const put = await db
    .selectFrom('reservation_shard')
    .select('rank')
    .where('namespace', '=', row.namespace)
    .where('reservation', '=', row.reservation)
    .execute()
  return missingRanks(
    row.world_size,
    put.map(({ rank }) => rank),
  )
}

async function readOrphans(
  db: Reader,
  row: Row<'reservation'>,
  limit: number,
): Promise<readonly BlobReference[]> {
  const shards = await db
    .selectFrom('reservation_shard')
    .select('shard')
    .where('namespace', '=', row.namespace)
    .where('reservation', '=', row.reservation)
    .orderBy('rank')
    .limit(limit)
    .execute()
  return shards.flatMap(({ shard }) => parseShard(shard).blobs).slice(0, limit)
}

const parseShard = (text: string): Shard => JSON.parse(text) as Shard
