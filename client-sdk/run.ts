import { CatalogError, isCatalogError } from '../schema/errors.ts'
import type { Manifest, Note, Outcome, Run, RunReceipt } from './api.ts'
import {
  buildManifest,
  type CheckpointInput,
  type ContentInput,
  type RunFacts,
  type StagedInput,
} from './checkpoint-input.ts'
import type { Clock } from './clock.ts'
import {
  FLUSH_DEFAULT_MS,
  type CheckpointResult,
  type FlushOptions,
  type FlushReport,
  type StagedResult,
} from './checkpoint-result.ts'
import type { Delivery } from './delivery.ts'
import type { CallOptions } from './options.ts'
import { persistCheckpoint, type Persistence } from './persist.ts'
import { lineOf, recordOf } from './spool-record.ts'
import type { SpoolLine } from './spool.ts'
import type { Transport } from './transport.ts'

/** What of a run a handle needs. */
export type RunIdentity = Pick<Run, 'run' | 'job' | 'partition' | 'attempt' | 'environment'>

/** What a handle works with. */
export interface RunParts extends Persistence {
  readonly namespace: string
  readonly transport: Transport
  readonly delivery: Delivery
  readonly clock: Clock
}

/** Checkpoints of a run that may be under way at once; they are taken one after the other. */
const IN_FLIGHT_MAX_COUNT = 64
/** What is left for closing itself when flushing has used up the deadline, in milliseconds. */
const CLOSE_MIN_MS = 1_000

/** Each upload ends or fails in time of its own, so waiting for those before needs none; timers hold 31 bits. */
const SETTLE_MAX_MS = 2 ** 31 - 1

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
   * `foregroundMs` for the catalog. A refusal that came up in the background, and a failure to upload, is thrown by the
   * next call. Calls are taken in their order, at most 64 at a time, and so are uploads.
   *
   * Given `contents`, the run persists them: see {@link ContentInput} and {@link StagedInput}. An `async` one returns when
   * the bytes are on this machine's disk; it waits while too much is staged there.
   *
   * @throws {ATTEMPT_FENCED} a newer attempt of the job and partition has been opened: stop
   * @throws {REGISTRATION_CONFLICT} another manifest is registered for the run, step and tier
   * @throws {NOT_CANONICAL} a value, such as NaN, that no document can hold
   * @throws {STORE_FAILED | STORE_UNAVAILABLE} the spool's disk or the store failed
   * @throws {CONFIG_INVALID} `contents` without a store, or without a staging where one is needed
   * @throws {OVERLOADED} too many calls at once
   */
  checkpoint(
    input: CheckpointInput & { readonly contents?: never },
    options?: CallOptions,
  ): Promise<CheckpointResult>
  checkpoint(input: ContentInput, options?: CallOptions): Promise<CheckpointResult>
  checkpoint(input: StagedInput, options?: CallOptions): Promise<StagedResult>
  checkpoint(
    input: (CheckpointInput & { readonly contents?: never }) | ContentInput | StagedInput,
    options: CallOptions = {},
  ): Promise<CheckpointResult | StagedResult> {
    return this.#inOrder(async () => {
      if (this.#closed) {
        throw new CatalogError('RUN_CLOSED', `The run ${this.id} is closed: open another one.`)
      }
      this.#throwRefusal()
      const build = (given: CheckpointInput): Manifest => buildManifest(this.#facts, given)
      const settle = (): Promise<void> => this.#settleUploads(options)
      const register = (manifest: Manifest): Promise<CheckpointResult> => {
        const { delivery } = this.#parts
        return delivery.register(recordOf(manifest, delivery.gapOf(lineOf(manifest))), options)
      }
      if (input.contents !== undefined) {
        return await persistCheckpoint(this.#parts, input, { build, settle, register })
      }
      const manifest = build(input)
      await settle()
      return await register(manifest)
    })
  }

  /**
   * Uploads what this run's line has staged, and sends what waits in the spool, if there is one.
   *
   * @throws {DEADLINE_EXCEEDED} some still waits
   * @throws {STORE_UNAVAILABLE} the store failed; what is staged stays there
   */
  async flush(options: FlushOptions = {}): Promise<FlushReport> {
    const { uploads, delivery, clock } = this.#parts
    const { timeoutMs = FLUSH_DEFAULT_MS, signal } = options
    const deadlineMs = clock.now() + timeoutMs
    await uploads?.settle(this.#line, { timeoutMs, signal })
    return await delivery.flush({ timeoutMs: Math.max(1, deadlineMs - clock.now()), signal })
  }

  /**
   * Uploads and sends what waits and closes the run with its outcome. The default deadline for all is 30 seconds.
   *
   * @throws {DEADLINE_EXCEEDED} some still waits, staged or in the spool; the run stays open
   * @throws {STORE_UNAVAILABLE} the store failed; what is staged stays there, and the run stays open
   * @throws {RUN_CLOSED} it was closed before with another outcome
   */
  async close(outcome: Outcome, note?: Note, options: FlushOptions = {}): Promise<RunReceipt> {
    const { transport, clock } = this.#parts
    const { timeoutMs = FLUSH_DEFAULT_MS, signal } = options
    const deadlineMs = clock.now() + timeoutMs
    return this.#inOrder(async () => {
      this.#throwRefusal()
      await this.flush({ timeoutMs, signal })
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
    const { delivery, uploads } = this.#parts
    const refusal = delivery.takeRefusal(this.id) ?? uploads?.takeFailure(this.id)
    if (refusal !== undefined) throw refusal
  }

  get #line(): SpoolLine {
    const { namespace, job, partition } = this
    return { namespace, job, partition }
  }

  async #settleUploads({ timeoutMs = SETTLE_MAX_MS, signal }: CallOptions): Promise<void> {
    await this.#parts.uploads?.settle(this.#line, { timeoutMs, signal })
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
