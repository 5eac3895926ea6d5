import { CatalogError } from '../schema/errors.ts'
import type { Gap } from './api.ts'
import { Circuit } from './circuit.ts'
import { within } from './deadline.ts'
import {
  FLUSH_DEFAULT_MS,
  type CheckpointResult,
  type FlushOptions,
  type FlushReport,
} from './checkpoint-result.ts'
import type { Delivery } from './delivery.ts'
import { Drainer, SEND_TIMEOUT_MS, type Drained, type Settlement } from './drainer.ts'
import { abortedError } from './errors.ts'
import { notify, type SpoolEvent } from './hooks.ts'
import type { CallOptions, Settings } from './options.ts'
import type { Spool, SpoolLine, SpoolRecord } from './spool.ts'
import type { Transport } from './transport.ts'
import { Waiters, type Heard } from './waiters.ts'

/** Runs whose refusal is kept for their next call; a process has few runs at a time. */
const REFUSALS_MAX_COUNT = 1_000
/** Pauses of a flush between drains, in milliseconds: a quarter of a second, doubling up to two. */
const FLUSH_PAUSE_MS = { first: 250, cap: 2_000 } as const
/** Drains of one flush, far above what its deadline allows at these pauses. */
const FLUSH_DRAINS_MAX_COUNT = 100_000

/** Delivery through a spool: durable there first, then sent, so that no outage stops or fails the job. */
export class SpooledDelivery implements Delivery {
  readonly #spool: Spool
  readonly #settings: Settings
  readonly #circuit: Circuit
  readonly #drainer: Drainer
  readonly #waiters = new Waiters()
  readonly #refusals = new Map<string, CatalogError>()

  constructor(spool: Spool, transport: Transport, settings: Settings) {
    const { clock, random } = settings
    this.#spool = spool
    this.#settings = settings
    this.#circuit = new Circuit(clock, random)
    this.#drainer = new Drainer({
      spool,
      transport,
      circuit: this.#circuit,
      clock,
      onSettled: (record, settlement) => this.#settle(record, settlement),
      onEnded: (drained) => this.#releaseWaiters(drained),
    })
  }

  gapOf(line: SpoolLine): Gap | undefined {
    return this.#spool.gapOf(line)
  }

  takeRefusal(run: string): CatalogError | undefined {
    const refusal = this.#refusals.get(run)
    this.#refusals.delete(run)
    return refusal
  }

  async register(record: SpoolRecord, options: CallOptions): Promise<CheckpointResult> {
    const { checkpoint } = record
    const kept = await this.#spool.append(record)
    this.#notify(kept, record)
    if (kept === 'dropped') {
      this.#drainer.drainLater()
      return { status: 'dropped', checkpoint, gap: this.#spool.gapOf(record) }
    }
    if (this.#isAway()) {
      this.#drainer.drainLater()
      return { status: 'spooled', checkpoint, reason: this.#circuit.reason }
    }
    const heard = await this.#drainAndWait(record, options)
    switch (heard.kind) {
      case 'registered':
        return { status: 'registered', checkpoint, receipt: heard.receipt }
      case 'refused':
        throw heard.error
      case 'waits':
        return { status: 'spooled', checkpoint, reason: heard.reason }
    }
  }

  async flush(options: FlushOptions = {}): Promise<FlushReport> {
    const { clock, random } = this.#settings
    const { timeoutMs = FLUSH_DEFAULT_MS, signal } = options
    const deadlineMs = clock.now() + timeoutMs
    let report: FlushReport = { sentCount: 0, refusedCount: 0 }
    let pauseMs: number = FLUSH_PAUSE_MS.first
    let failure: CatalogError | undefined
    for (let count = 0; count < FLUSH_DRAINS_MAX_COUNT; count += 1) {
      const remainingMs = deadlineMs - clock.now()
      if (remainingMs <= 0) break
      const limit = { clock, ms: remainingMs, signal }
      const ended = await within(limit, () =>
        this.#drainer.drain(Math.min(remainingMs, SEND_TIMEOUT_MS)),
      )
      if (ended.kind === 'aborted') throw abortedError(ended.reason)
      if (ended.kind === 'expired') break
      const { sentCount, refusedCount } = ended.value
      report = {
        sentCount: report.sentCount + sentCount,
        refusedCount: report.refusedCount + refusedCount,
      }
      failure = ended.value.failure
      if (failure === undefined) return report
      if (failure.code === 'ABORTED') throw failure
      const sleepMs = Math.min(pauseMs * (1 + random()), deadlineMs - clock.now())
      await clock.sleep(Math.max(0, sleepMs), { signal })
      pauseMs = Math.min(FLUSH_PAUSE_MS.cap, pauseMs * 2)
    }
    throw await this.#stillWaiting(timeoutMs, failure)
  }

  async close(): Promise<void> {
    await this.#drainer.close()
  }

  /** Whether the foreground leaves the network alone: too soon after a failure, or being probed. */
  #isAway(): boolean {
    const { failing, remainingMs } = this.#circuit
    return failing && (remainingMs > 0 || this.#drainer.running)
  }

  async #drainAndWait(record: SpoolRecord, options: CallOptions): Promise<Heard> {
    const { clock, foregroundMs } = this.#settings
    const ms = Math.min(foregroundMs, options.timeoutMs ?? foregroundMs)
    const { heard, leave } = this.#waiters.wait(record)
    // What the drain did comes through the waiters; a drain never rejects.
    void this.#drainer.drain(ms)
    const ended = await within({ clock, ms, signal: options.signal }, () => heard)
    if (ended.kind === 'done') return ended.value
    leave()
    return { kind: 'waits', reason: this.#circuit.reason }
  }

  #settle(record: SpoolRecord, settlement: Settlement): void {
    const isHeard = this.#waiters.tell(record.checkpoint, settlement)
    if (settlement.kind === 'refused') {
      if (!isHeard) this.#keepRefusal(record.run, settlement.error)
      this.#notify('refused', record, settlement.error)
    } else this.#notify('registered', record)
  }

  #keepRefusal(run: string, error: CatalogError): void {
    if (this.#refusals.has(run)) return
    const [oldest] = this.#refusals.keys()
    if (this.#refusals.size >= REFUSALS_MAX_COUNT && oldest !== undefined) {
      this.#refusals.delete(oldest)
    }
    this.#refusals.set(run, error)
  }

  #releaseWaiters({ failure }: Drained): void {
    for (const record of this.#waiters.release(failure)) this.#notify('waits', record, failure)
  }

  #notify(kind: SpoolEvent['kind'], record: SpoolRecord, error?: CatalogError): void {
    const { job, partition, run, step, checkpoint } = record
    const event = { kind, job, partition, run, step, checkpoint, error }
    notify(this.#settings.hooks.onSpool, event)
  }

  async #stillWaiting(timeoutMs: number, cause: CatalogError | undefined): Promise<CatalogError> {
    const { waitingCount } = await this.#spool.status()
    return new CatalogError(
      'DEADLINE_EXCEEDED',
      `The catalog did not take all within ${timeoutMs} ms: ${waitingCount} records wait in the spool, and \`cairn spool flush\` sends them.`,
      { ...(cause === undefined ? {} : { cause }), detail: { waitingCount } },
    )
  }
}
