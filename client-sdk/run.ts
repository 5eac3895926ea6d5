import { canonicalize } from '../schema/canonical-json.ts'
import { CatalogError, isCatalogError } from '../schema/errors.ts'
import type { Note, Outcome, Run, RunReceipt } from './api.ts'
import {
  buildManifest,
  buildReserved,
  type CheckpointInput,
  type ReserveInput,
  type RunFacts,
} from './checkpoint-input.ts'
import type { Clock } from './clock.ts'
import {
  FLUSH_DEFAULT_MS,
  type CheckpointResult,
  type Delivery,
  type FlushOptions,
  type FlushReport,
} from './delivery.ts'
import { digestOf } from './document-digest.ts'
import type { CallOptions } from './options.ts'
import { ReservationHandle } from './reservation.ts'
import type { Transport } from './transport.ts'

/** What of a run a handle needs. */
export type RunIdentity = Pick<Run, 'run' | 'job' | 'partition' | 'attempt' | 'environment'>

/** What a handle works with. */
export interface RunParts {
  readonly namespace: string
  readonly transport: Transport
  readonly delivery: Delivery
  readonly clock: Clock
}

/** How a checkpoint is reserved. */
export interface ReserveOptions extends CallOptions {
  /** Seconds without a sign of life after which it is abandoned, 1 to 3,600. Default: 60. */
  readonly leaseSeconds?: number
}

/** Checkpoints of a run that may be under way at once; they are taken one after the other. */
const IN_FLIGHT_MAX_COUNT = 64
/** What is left for closing itself when flushing has used up the deadline, in milliseconds. */
const CLOSE_MIN_MS = 1_000

/** An open run: where a job registers its checkpoints. */
export class RunHandle implements AsyncDisposable {
  readonly id: string
  readonly namespace: string
  readonly job: string
  /** Empty for none. */
  readonly partition: string
  /** Number of the run for its job and partition, from 1: the fencing token. */
  readonly attempt: number
  readonly #parts: RunParts
  readonly #facts: RunFacts
  #tail: Promise<unknown> = Promise.resolve()
  #inFlightCount = 0
  #closed = false

  constructor(parts: RunParts, run: RunIdentity) {
    this.id = run.run
    this.namespace = parts.namespace
    this.job = run.job
    this.partition = run.partition
    this.attempt = run.attempt
    this.#parts = parts
    const { job, partition, attempt, environment } = run
    this.#facts = { namespace: parts.namespace, job, run: run.run, attempt, partition, environment }
  }

  /**
   * Registers a checkpoint of this run.
   *
   * Without a spool it is registered when this resolves. With one it is durable there, and waits at most
   * `foregroundMs` for the catalog. A refusal that came up in the background is thrown by the next call.
   * Calls are taken in their order, at most 64 at a time.
   *
   * @throws {ATTEMPT_FENCED} a newer attempt of the job and partition has been opened: stop
   * @throws {REGISTRATION_CONFLICT} another manifest is registered for the run, step and tier
   * @throws {NOT_CANONICAL} a value, such as NaN, that no document can hold
   * @throws {STORE_FAILED} the spool's disk failed
   * @throws {OVERLOADED} too many calls at once
   */
  checkpoint(input: CheckpointInput, options: CallOptions = {}): Promise<CheckpointResult> {
    return this.#inOrder(async () => {
      if (this.#closed) {
        throw new CatalogError('RUN_CLOSED', `The run ${this.id} is closed: open another one.`)
      }
      const { delivery } = this.#parts
      const { job, partition, namespace, attempt, id: run } = this
      this.#throwRefusal()
      const manifest = canonicalize(
        buildManifest(this.#facts, input, delivery.gapOf({ namespace, job, partition })),
      )
      const checkpoint = digestOf(manifest)
      const { step } = input
      const record = { namespace, job, partition, run, attempt, step, checkpoint, manifest }
      return await delivery.register(record, options)
    })
  }

  /**
   * Reserves a checkpoint that several workers assemble, each with `putShard` and from wherever it runs. Every worker
   * may call this with the same members, and gets the same reservation. What waits in the spool is sent before.
   *
   * @throws {RESERVATION_CONFLICT} the step is reserved for another manifest
   * @throws {WORLD_SIZE_MISMATCH} the step is reserved for another number of workers
   * @throws {ATTEMPT_FENCED} a newer attempt of the job and partition has been opened: stop
   * @throws {DEADLINE_EXCEEDED} records still wait in the spool
   */
  reserve(input: ReserveInput, options: ReserveOptions = {}): Promise<ReservationHandle> {
    return this.#inOrder(async () => {
      const { namespace, transport, delivery } = this.#parts
      const { leaseSeconds, ...call } = options
      this.#throwRefusal()
      const manifest = buildReserved(this.#facts, input)
      await delivery.flush(call)
      this.#throwRefusal()
      const body = { manifest, ...(leaseSeconds === undefined ? {} : { leaseSeconds }) }
      const reservation = await transport.call('openReservation', { namespace, body }, call)
      return new ReservationHandle(this.#parts, reservation)
    })
  }

  /**
   * Sends what waits in the spool, if there is one.
   *
   * @throws {DEADLINE_EXCEEDED} records still wait
   */
  flush(options: FlushOptions = {}): Promise<FlushReport> {
    return this.#parts.delivery.flush(options)
  }

  /**
   * Sends what waits and closes the run with its outcome. The default deadline for both is 30 seconds.
   *
   * @throws {DEADLINE_EXCEEDED} records still wait in the spool; the run stays open
   * @throws {RUN_CLOSED} it was closed before with another outcome
   */
  async close(outcome: Outcome, note?: Note, options: FlushOptions = {}): Promise<RunReceipt> {
    const { transport, delivery, clock } = this.#parts
    const { timeoutMs = FLUSH_DEFAULT_MS, signal } = options
    const deadlineMs = clock.now() + timeoutMs
    return this.#inOrder(async () => {
      this.#throwRefusal()
      await delivery.flush({ timeoutMs, signal })
      this.#throwRefusal()
      const run = await transport.call(
        'closeRun',
        {
          namespace: this.namespace,
          run: this.id,
          body: { outcome, ...(note === undefined ? {} : { note }) },
        },
        { timeoutMs: Math.max(CLOSE_MIN_MS, deadlineMs - clock.now()), signal },
      )
      this.#closed = true
      return run
    })
  }

  /** Sends what waits in the spool and leaves the run open; what cannot be sent stays in the spool. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#tail
      await this.flush()
    } catch (error) {
      if (!isCatalogError(error) || error.code !== 'DEADLINE_EXCEEDED') throw error
    }
  }

  #throwRefusal(): void {
    const refusal = this.#parts.delivery.takeRefusal(this.id)
    if (refusal !== undefined) throw refusal
  }

  async #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#inFlightCount >= IN_FLIGHT_MAX_COUNT) {
      throw new CatalogError(
        'OVERLOADED',
        `${IN_FLIGHT_MAX_COUNT} checkpoints of the run ${this.id} are under way: await each before the next.`,
      )
    }
    this.#inFlightCount += 1
    const result = this.#tail.then(work).finally(() => {
      this.#inFlightCount -= 1
    })
    this.#tail = result.catch(() => undefined)
    return await result
  }
}
