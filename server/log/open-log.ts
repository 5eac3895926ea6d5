import { setImmediate } from 'node:timers/promises'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { Database } from '../store/database.ts'
import { commitBatch, type Settled } from './commit-batch.ts'
import type { Command } from './command.ts'
import type { Projection } from './projection.ts'

/** Most commands of one transaction: more only makes the first of them wait longer. */
const BATCH_MAX_COUNT = 256
/** Commands that may wait: a few seconds of work. Beyond that, waiting callers would time out anyway. */
const QUEUE_MAX_COUNT = 4096
/** Answers by idempotency key are kept this long: longer than any client retries. */
const IDEMPOTENCY_MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000
/** Old answers are looked for once in so many batches. */
const IDEMPOTENCY_SWEEP_BATCHES = 4096

/** The one write door. */
export interface Log {
  /**
   * Decides, numbers, hashes and stores; durable when it resolves.
   *
   * @throws {OVERLOADED} too many commands wait
   * @throws {SHUTTING_DOWN} the log has been closed
   */
  append<Result>(command: Command<Result>): Promise<Result>
  /** Commands that wait now. */
  readonly waitingCount: () => number
  /** Refuses new commands, and resolves when those that wait have ended. */
  close(): Promise<void>
}

export interface LogOptions {
  readonly database: Database
  readonly projections: readonly Projection[]
  readonly nowMs: () => number
  /** Told of failures that are nobody's refusal. */
  readonly onFailure: (error: unknown) => void
}

interface Waiting {
  readonly command: Command<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Opens the log: writers queue, and one transaction takes what has arrived. */
export function openLog(options: LogOptions): Log {
  const queue: Waiting[] = []
  let draining: Promise<void> | undefined
  let closed = false
  let batchCount = 0

  /** Lets every request that has already arrived join, until a turn brings none: the group forms without a timer. */
  const gather = async (): Promise<void> => {
    let before: number
    do {
      before = queue.length
      await setImmediate()
    } while (queue.length > before && queue.length < BATCH_MAX_COUNT)
  }

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      await gather()
      const batch = queue.splice(0, BATCH_MAX_COUNT)
      await commit(options, batch)
      batchCount += 1
      if (batchCount % IDEMPOTENCY_SWEEP_BATCHES === 0) await forgetOldAnswers(options)
    }
    draining = undefined
  }

  return {
    append: <Result>(command: Command<Result>) =>
      new Promise<Result>((resolve, reject) => {
        if (closed) return reject(shuttingDown())
        if (queue.length >= QUEUE_MAX_COUNT) return reject(overloaded())
        queue.push({ command, resolve: resolve as (value: unknown) => void, reject })
        draining ??= drain()
      }),
    waitingCount: () => queue.length,
    close: async () => {
      closed = true
      await draining
    },
  }
}

async function commit(
  options: LogOptions,
  batch: readonly Waiting[],
  isRetry = false,
): Promise<void> {
  try {
    const commands = batch.map((waiting) => waiting.command)
    const settled = await commitBatch(options.database, commands, {
      projections: options.projections,
      nowMs: options.nowMs(),
    })
    batch.forEach((waiting, place) => settle(waiting, settled[place]))
  } catch (error) {
    options.onFailure(error)
    if (isCatalogError(error) || isRetry) {
      for (const waiting of batch) waiting.reject(error)
      return
    }
    // Something unforeseen in one command must not fail its neighbours: each alone shows which. It may also
    // have been another server that took an idempotency key first, which is seen the second time.
    for (const waiting of batch) await commit(options, [waiting], true)
  }
}

function settle(waiting: Waiting, settled: Settled | undefined): void {
  if (settled?.ok === true) waiting.resolve(settled.value)
  else waiting.reject(settled?.error)
}

/** Keeps the table of answers short; a repeat after that long is a new request. */
async function forgetOldAnswers({ database, nowMs, onFailure }: LogOptions): Promise<void> {
  const oldestMs = nowMs() - IDEMPOTENCY_MAX_AGE_MS
  try {
    await database.transaction(async (tx) => {
      await tx.query.deleteFrom('idempotency').where('at_ms', '<', oldestMs).execute()
    })
  } catch (error) {
    onFailure(error)
  }
}

const overloaded = (): CatalogError =>
  new CatalogError(
    'OVERLOADED',
    `${QUEUE_MAX_COUNT} writes already wait: send this one again after the time in Retry-After.`,
  )

const shuttingDown = (): CatalogError =>
  new CatalogError('SHUTTING_DOWN', 'The server is stopping: send the request again in a moment.')
