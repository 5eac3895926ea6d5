import { setTimeout } from 'node:timers/promises'
import type { Digest, Reservation, Shard } from '../../client-sdk/api.ts'
import type { CatalogClient } from '../../client-sdk/client.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { shardOf, type Round } from './shard-worker.ts'

/** After the last sign of life: the longest lease, and far more than the catalog takes to notice. */
const ENDED_MAX_MS = 60_000
const POLL_MS = 200

/** What of the assembly was found. */
export interface VerifiedAssembly {
  readonly finalizedCount: number
  readonly abandonedCount: number
  readonly violations: readonly string[]
}

/** Looks for checkpoints that are not whole, and for promised shards that nothing tells of. */
export async function verifyAssembly(
  client: CatalogClient,
  rounds: readonly Round[],
  workerCount: number,
): Promise<VerifiedAssembly> {
  const violations: string[] = []
  const finalized: Digest[] = []
  let abandonedCount = 0
  for (const round of rounds) {
    const ended = await untilEnded(client, round.reservation)
    if (ended.state === 'finalized' && ended.checkpoint !== undefined) {
      finalized.push(ended.checkpoint)
      const { manifest } = await client.checkpoints.manifest(ended.checkpoint)
      violations.push(...partsMissing(round, manifest.shards, workerCount))
    } else if (ended.state === 'abandoned') {
      abandonedCount += 1
      violations.push(...(await orphansUnreported(client, round, ended)))
    } else violations.push(`round ${round.number} neither ended with a checkpoint nor without`)
  }
  const listed = await client.checkpoints.list({ job: 'assembly' }).toArray({ limit: 1_000 })
  const found = listed.map((one) => one.checkpoint)
  if (canonicalize(found.toSorted()) !== canonicalize(finalized.toSorted())) {
    violations.push(
      `${found.length} checkpoints are listed, and ${finalized.length} were finalized`,
    )
  }
  const latest = await client.recovery.latest({ job: 'assembly' })
  if (latest.checkpoint.checkpoint !== finalized.at(-1)) {
    violations.push('the latest good state is not the one that was finalized last')
  }
  return { finalizedCount: finalized.length, abandonedCount, violations }
}

async function untilEnded(client: CatalogClient, reservation: string): Promise<Reservation> {
  const deadlineMs = Date.now() + ENDED_MAX_MS
  for (;;) {
    const found = await client.reservations.get(reservation)
    if (found.state !== 'open' || Date.now() > deadlineMs) return found
    await setTimeout(POLL_MS)
  }
}

function partsMissing(
  { number }: Round,
  shards: readonly Shard[],
  workerCount: number,
): readonly string[] {
  const whole = Array.from({ length: workerCount }, (_, rank) => ({
    rank,
    ...shardOf(number, rank),
  }))
  return canonicalize(shards) === canonicalize(whole)
    ? []
    : [`the checkpoint of round ${number} is not made of all its shards`]
}

/** Every shard that was promised, and every one that the catalog counts, must be listed. */
async function orphansUnreported(
  client: CatalogClient,
  { number, reservation, messages }: Round,
  ended: Reservation,
): Promise<readonly string[]> {
  const left = await client.reservations.shards(reservation).toArray({ limit: 100_000 })
  const digests = new Set<string>(left.map((shard) => shard.digest))
  const unlisted = messages.filter((one) => 'digest' in one && !digests.has(one.digest))
  const named = new Set((ended.blobs ?? []).map((blob) => blob.uri))
  const unnamed = left.flatMap(({ blobs }) => blobs).filter(({ uri }) => !named.has(uri))
  const wrong = left.filter(({ rank, digest }) => {
    return digest !== digestOf(canonicalize({ rank, ...shardOf(number, rank) }))
  })
  return [
    ...unlisted.map(({ rank }) => `round ${number}: rank ${rank} was promised, and is nowhere`),
    ...unnamed.map(({ uri }) => `round ${number}: ${uri} was left behind, and is not named`),
    ...wrong.map(({ rank }) => `round ${number}: rank ${rank} is not what it put`),
    ...(ended.shardCount === left.length ? [] : [`round ${number}: shards are counted wrongly`]),
  ]
}
