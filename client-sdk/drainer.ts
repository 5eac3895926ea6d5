import { CatalogError } from '../schema/errors.ts'
import type { Receipt } from './api.ts'
import type { Circuit } from './circuit.ts'
import type { Clock } from './clock.ts'
import { sendRecord } from './delivery.ts'
import { asCatalogError } from './errors.ts'
import { isRefusal } from './refusal.ts'
import type { Spool, SpoolRecord } from './spool.ts'
import type { Transport } from './transport.ts'

/** What became of a record in a pass over the spool. */
export type Settlement =
  | { readonly kind: 'registered'; readonly receipt: Receipt }
  | { readonly kind: 'refused'; readonly error: CatalogError }

/** What the passes of one drain did together. */
export interface Drained {
  readonly sentCount: number
  readonly refusedCount: number
  readonly waitingCount: number
  /** Why the last pass ended early; undefined when it went over all that waited. */
  readonly failure: CatalogError | undefined
}

/** What a drainer works with. */
export interface DrainerParts {
  readonly spool: Spool
  readonly transport: Transport
  readonly circuit: Circuit
  readonly clock: Clock
  /** Hears of each record as it is settled. */
  readonly onSettled: (record: SpoolRecord, settlement: Settlement) => void
  /** Hears when a drain has ended, before another can begin. */
  readonly onEnded: (drained: Drained) => void
}

/** Deadline of one registration that nobody waits for, in milliseconds. */
export const SEND_TIMEOUT_MS = 10_000
/** Pause before another look when it is not the catalog that is in the way. */
const PAUSE_MS = 1_000
/** Passes of one drain: each further one is for records that came during the last. */
const PASSES_MAX_COUNT = 1_000

/** Drains a spool: one drain at a time, and again in the background for as long as records wait. */
export class Drainer {
  readonly #parts: DrainerParts
  readonly #closing = new AbortController()
  #running: Promise<Drained> | undefined
  #again = false
  #timeoutMs = SEND_TIMEOUT_MS
  #sleeping = false
  #failure: CatalogError | undefined

  constructor(parts: DrainerParts) {
    this.#parts = parts
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  /** Sends all that waits now; joins a drain under way, which then goes over the spool once more. */
  drain(timeoutMs = SEND_TIMEOUT_MS): Promise<Drained> {
    this.#timeoutMs = timeoutMs
    this.#again = true
    this.#running ??= this.#run()
    return this.#running
  }

  /** Drains later, when the circuit allows it; does not keep the process alive. */
  drainLater(): void {
    if (this.#sleeping || this.#running !== undefined || this.#closing.signal.aborted) return
    this.#sleeping = true
    const { clock, circuit } = this.#parts
    const { signal } = this.#closing
    const woken = clock.sleep(circuit.remainingMs || PAUSE_MS, { signal, background: true })
    // Neither a sleep nor a drain rejects.
    void woken.then(() => {
      this.#sleeping = false
      return signal.aborted ? undefined : this.drain()
    })
  }

  /** Ends the drain under way and those to come. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<Drained> {
    let drained: Drained = { sentCount: 0, refusedCount: 0, waitingCount: 0, failure: undefined }
    for (let left = PASSES_MAX_COUNT; left > 0; left -= 1) {
      this.#again = false
      drained = await this.#pass(drained)
      if (drained.failure !== undefined || !this.#again) break
    }
    // From here to the end nothing is awaited, so that no record can come in between unseen.
    this.#running = undefined
    this.#parts.onEnded(drained)
    if (drained.failure !== undefined || drained.waitingCount > 0) this.drainLater()
    return drained
  }

  async #pass(before: Drained): Promise<Drained> {
    const { spool, circuit } = this.#parts
    const { signal } = this.#closing
    this.#failure = undefined
    try {
      const report = await spool.drain((record) => this.#send(record), { signal })
      const failure = this.#failure ?? (signal.aborted ? closedError() : undefined)
      if (this.#failure === undefined) {
        if (report.sent.length + report.refused.length > 0) circuit.succeeded()
      } else circuit.failed(this.#failure)
      return {
        sentCount: before.sentCount + report.sent.length,
        refusedCount: before.refusedCount + report.refused.length,
        waitingCount: report.waitingCount,
        failure,
      }
    } catch (error) {
      return { ...before, failure: asCatalogError(error) }
    }
  }

  async #send(record: SpoolRecord): Promise<Receipt> {
    const { transport, onSettled } = this.#parts
    const { signal } = this.#closing
    try {
      const options = { timeoutMs: this.#timeoutMs, signal }
      const receipt = await sendRecord(transport, record, options)
      onSettled(record, { kind: 'registered', receipt })
      return receipt
    } catch (caught) {
      const error = asCatalogError(caught)
      if (isRefusal(error)) {
        onSettled(record, { kind: 'refused', error })
        throw error
      }
      this.#failure ??= error
      throw error.retryable ? error : waitingError(error)
    }
  }
}

/** A spool sets aside what fails for good; what is not the record's fault has to stay where it is. */
function waitingError(cause: CatalogError): CatalogError {
  return new CatalogError(
    'CONNECTION_FAILED',
    `The record waits (${cause.code}): ${cause.message}`,
    {
      cause,
      detail: cause.detail,
    },
  )
}

function closedError(): CatalogError {
  return new CatalogError('ABORTED', 'The client was closed.')
}
