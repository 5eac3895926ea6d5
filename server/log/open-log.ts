import { setImmediate } from 'node:timers/promises'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { Denial } from '../../schema/denial.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Database } from '../store/database.ts'
import { contradictsStored } from '../store/failure.ts'
import { commitBatch, type Committed, type Settled } from './commit-batch.ts'
import type { Command } from './command.ts'
import { openDenials } from './denials.ts'
import { readLogSize } from './read-entries.ts'
import { sealBatch, type DoorState } from './guard-batch.ts'
import type { Projection } from './projection.ts'
import { corrupt } from './right-edge.ts'
import type { Signer } from '../signing/signer.ts'
import { openStoppedLogs, type StoppedLogs } from './stopped-logs.ts'

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
  /** Puts a denial into the access log of its namespace; never rejects. */
  deny(denial: Denial): Promise<void>
  /** Logs that are read and not written to. */
  readonly stopped: StoppedLogs
  /** Commands that wait now. */
  readonly waitingCount: () => number
  /** Refuses new commands, and resolves when those that wait have ended. */
  close(): Promise<void>
}

export interface LogOptions {
  readonly database: Database
  readonly projections: readonly Projection[]
  readonly signer: Signer
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
  const state: DoorState = { corrupt: new Map(), rolledBack: new Map(), published: new Set() }

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
      await commit({ ...options, state }, batch)
      batchCount += 1
      if (batchCount % IDEMPOTENCY_SWEEP_BATCHES === 0) await forgetOldAnswers(options)
    }
    draining = undefined
  }

  const append = <Result>(command: Command<Result>): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      if (closed) return reject(shuttingDown())
      if (queue.length >= QUEUE_MAX_COUNT) return reject(overloaded())
      queue.push({ command, resolve: resolve as (value: unknown) => void, reject })
      draining ??= drain()
    })
  const denials = openDenials({
    append,
    isKnown: async (namespace) =>
      (await readLogSize(options.database.reader, namespace)) !== undefined,
    later: (run, delayMs) => {
      const timer = setTimeout(run, delayMs).unref()
      return () => clearTimeout(timer)
    },
    onFailure: options.onFailure,
  })

  return {
    append,
    deny: (denial) => denials.add(denial),
    stopped: openStoppedLogs({ ...options, db: options.database.reader, state }),
    waitingCount: () => queue.length,
    close: async () => {
      const recorded = denials.close()
      closed = true
      await recorded
      await draining
    },
  }
}

interface Door extends LogOptions {
  readonly state: DoorState
}

async function commit(door: Door, batch: readonly Waiting[], isRetry = false): Promise<void> {
  let committed: Committed
  try {
    const commands = batch.map((waiting) => waiting.command)
    committed = await commitBatch(door.database, commands, { ...door, nowMs: door.nowMs() })
  } catch (thrown) {
    const error = isRetry ? explain(thrown, batch) : thrown
    door.onFailure(error)
    if (stopsNamespace(door.state, error)) {
      // The others of the batch go on without it.
      await commit(door, batch, isRetry)
      return
    }
    if (isCatalogError(error) || isRetry) {
      for (const waiting of batch) waiting.reject(error)
      return
    }
    // Something unforeseen in one command must not fail its neighbours: each alone shows which. It may also
    // have been another server that took an idempotency key first, which is seen the second time.
    for (const waiting of batch) await commit(door, [waiting], true)
    return
  }
  const failed = await sealBatch(door.database, committed.grown, door)
  for (const error of failed.values()) door.onFailure(error)
  batch.forEach((waiting, place) => {
    const { namespace } = waiting.command
    if (failed.has(namespace)) waiting.reject(failed.get(namespace))
    else settle(waiting, committed.settled[place])
  })
}

/**
 * What the failure of a command that is tried again alone says: no other server can have been first any more, so
 * that a row which the database refuses contradicts one that is stored.
 */
function explain(thrown: unknown, [waiting]: readonly Waiting[]): unknown {
  if (waiting === undefined || !contradictsStored(thrown)) return thrown
  return corrupt(waiting.command, 'the database refuses what follows from its own rows', thrown)
}

/** Whether a failure says that a namespace's stored rows contradict each other; then it is not written any more. */
function stopsNamespace(state: DoorState, error: unknown): boolean {
  if (!isCatalogError(error) || error.code !== 'LOG_CORRUPT') return false
  const namespace = error.detail['namespace'] as NamespaceName
  if (state.corrupt.has(namespace)) return false
  state.corrupt.set(namespace, error)
  return true
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
