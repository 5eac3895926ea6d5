import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/grant.ts'
import { checkShard } from '../../schema/manifest-rules.ts'
import type { Shard } from '../../schema/manifest.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { ShardReceipt } from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import { nothingNew, type Decision } from '../log/command.ts'
import type { Facts } from '../log/facts.ts'
import type { Row } from '../store/tables.ts'
import { checkpointByDigest, read, shardByRank } from '../timeline/lookups.ts'
import { readManifest } from '../timeline/read-document.ts'
import { touchReservation, type Held } from './touch-reservation.ts'

/** A shard with its canonical text. */
interface Given {
  readonly shard: Shard
  readonly text: string
  readonly digest: Digest
}

/**
 * Puts one worker's shard into a reservation, durably, and renews the lease; the same again changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN | RANK_OUT_OF_RANGE | WORLD_SIZE_MISMATCH}
 * @throws {SHARD_CONFLICT | DOCUMENT_TOO_LARGE | INVALID_REQUEST}
 * @throws {RESERVATION_EXPIRED | RESERVATION_ENDED | ATTEMPT_FENCED | RUN_CLOSED}
 */
export async function recordShard(
  context: Context,
  principal: Principal,
  { namespace, reservation, rank: rankText, body }: InputOf<'recordShard'>,
): Promise<ShardReceipt> {
  const { worldSize, ...members } = body
  const rank = Number(rankText)
  const shard = { rank, ...members }
  checkShard(shard)
  const text = canonicalize(shard)
  const given = { shard, text, digest: digestOf(text) }
  return touchReservation<ShardReceipt>(context, principal, {
    namespace,
    reservation,
    worldSize,
    reads: [read(shardByRank, namespace, reservation, rank)],
    decide: (facts, held) => decide(facts, held, given),
    repeat: (facts, ended) => repeat(facts, ended, given),
  })
}

function decide(facts: Facts, held: Held, given: Given): Decision<ShardReceipt> {
  const { row, lease, nowMs } = held
  const { shard, text, digest } = given
  const { namespace, reservation } = row
  checkRank(row, shard.rank)
  const known = facts.find(shardByRank, [namespace, reservation, shard.rank])
  if (known !== undefined && known.digest !== digest) throw conflict(row, known.digest, given)
  const untilMs = Math.min(nowMs + lease.lease_ms, lease.limit_ms)
  const key = [namespace, reservation]
  const receipt = (shardCount: number): ShardReceipt => ({
    reservation,
    worldSize: row.world_size,
    shardCount,
    leaseUntil: new Date(untilMs).toISOString(),
    rank: shard.rank,
    digest,
    complete: shardCount === row.world_size,
  })
  if (known !== undefined) {
    return {
      ...nothingNew(receipt(lease.shard_count)),
      work: [{ kind: 'patch', table: 'reservation_lease', key, set: { until_ms: untilMs } }],
    }
  }
  // Beside each shard the manifest has a comma.
  const shardBytes = lease.shard_bytes + Buffer.byteLength(text) + 1
  checkSize(lease, shardBytes)
  const counted = {
    until_ms: untilMs,
    shard_count: lease.shard_count + 1,
    shard_bytes: shardBytes,
    blob_count: lease.blob_count + shard.blobs.length,
    blob_bytes: shard.blobs.reduce((sum, blob) => sum + blob.sizeBytes, lease.blob_bytes),
  }
  return {
    drafts: [],
    work: [
      {
        kind: 'insert',
        table: 'reservation_shard',
        row: { namespace, reservation, rank: shard.rank, digest, shard: text },
      },
      { kind: 'patch', table: 'reservation_lease', key, set: counted },
    ],
    result: () => receipt(counted.shard_count),
  }
}

/** After the end, the manifest says what each rank put. */
async function repeat(facts: Facts, row: Row<'reservation'>, given: Given): Promise<ShardReceipt> {
  const { namespace, reservation, checkpoint, world_size: worldSize } = row
  const { rank } = given.shard
  checkRank(row, rank)
  const key = [namespace, checkpoint ?? '']
  await facts.load([read(checkpointByDigest, ...key)])
  const registered = facts.find(checkpointByDigest, key)
  if (registered === undefined) throw new Error('a finalized reservation has its checkpoint')
  const { shards } = await readManifest(await facts.query(), registered)
  const digest = digestOf(canonicalize(shards.find((shard) => shard.rank === rank)))
  if (digest !== given.digest) throw conflict(row, digest, given)
  return { reservation, worldSize, shardCount: worldSize, rank, digest, complete: true }
}

function checkRank(row: Row<'reservation'>, rank: number): void {
  if (rank < row.world_size) return
  throw new CatalogError(
    'RANK_OUT_OF_RANGE',
    `The reservation ${row.reservation} is for ${row.world_size} workers, ranks 0 to ${row.world_size - 1}; ${rank} is none of them. Check the world size that this worker was started with.`,
    { detail: { rank, worldSize: row.world_size } },
  )
}

function checkSize(lease: Row<'reservation_lease'>, shardBytes: number): void {
  const sizeBytes = Buffer.byteLength(lease.manifest) + shardBytes + '"shards":[],'.length
  if (sizeBytes <= DOCUMENT_MAX_BYTES) return
  throw new CatalogError(
    'DOCUMENT_TOO_LARGE',
    `With this shard the manifest would have ${sizeBytes} bytes, and ${DOCUMENT_MAX_BYTES} is the most: put fewer and larger blobs, and keep long seeds in a blob.`,
  )
}

const conflict = (row: Row<'reservation'>, first: Digest, { shard, digest }: Given): CatalogError =>
  new CatalogError(
    'SHARD_CONFLICT',
    `Rank ${shard.rank} of the reservation ${row.reservation} has already put another shard: ${first}, not ${digest}. A shard never changes; abandon the reservation if the first one is wrong.`,
    { detail: { rank: shard.rank, first, second: digest } },
  )
