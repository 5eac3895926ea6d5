import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { CatalogClient } from '../../client-sdk/client.ts'
import type { ReservationHandle, ShardResult } from '../../client-sdk/reservation.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { NAMESPACE } from './acknowledged.ts'
import type { WorkerMessage, WorkerOptions } from './shard-worker.ts'
import { shardOf } from './shard-worker.ts'

/** Between attempts: a server that was killed is back within seconds. */
const RETRY_DELAY_MS = 50
/** Longest that a worker tries: far more than the start of all others and a restart take. */
const WORK_MAX_MS = 300_000

// A worker that may be killed at any instant. It must not outlive the process that is to kill it.
process.once('disconnect', () => process.exit(0))
const options = JSON.parse(process.argv[2] ?? '') as WorkerOptions
const deadlineMs = Date.now() + WORK_MAX_MS
await work()

async function work(): Promise<void> {
  const { reservation, rank, round } = options
  const client = new CatalogClient({ ...options.target, namespace: NAMESPACE })
  try {
    const handle = await untilAnswered(() => client.reservations.open(reservation))
    process.send?.('begun')
    await once(process, 'message')
    await setTimeout(options.pauseMs)
    const result = await untilAnswered(() => handle.putShard(rank, shardOf(round, rank)))
    await handle.close()
    tell(acknowledged(handle, result))
  } catch (error) {
    if (!isCatalogError(error)) throw error
    tell({ rank, refused: error.code })
  }
  process.disconnect()
}

function acknowledged(handle: ReservationHandle, result: ShardResult): WorkerMessage {
  const { rank, digest } = result.shard
  const receipt = result.status === 'registered' ? { receipt: result.receipt } : {}
  return { rank, reservation: handle.id, digest, ...receipt }
}

function tell(message: WorkerMessage): void {
  process.send?.(message)
}

/** Whatever happens to the server, the same call again. */
async function untilAnswered<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isCatalogError(error) || !error.retryable || Date.now() > deadlineMs) throw error
      await setTimeout(RETRY_DELAY_MS)
    }
  }
}
