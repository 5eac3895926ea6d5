import type { CatalogError } from '../schema/errors.ts'
import type { Clock } from './clock.ts'

/** How long the network is left alone after a first failure; doubles with each further one. */
const FIRST_MS = 1_000
/** Longest such time: a catalog that is back is noticed within half a minute and some jitter. */
const CAP_MS = 30_000
/** Longest pause that the catalog may ask for. */
const RETRY_AFTER_CAP_MS = 300_000
/** Jitter is added, up to this share, so that jobs that failed together do not come back together. */
const JITTER_SHARE = 0.25
/** Doublings that are counted; more do not change the result. */
const DOUBLINGS_MAX_COUNT = 5

/** Keeps foreground work off the network for a while after the catalog could not be reached. */
export class Circuit {
  readonly #clock: Clock
  readonly #random: () => number
  #failures = 0
  #openUntilMs = 0
  #reason: CatalogError | undefined

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** Whether the last that was heard of the catalog is a failure. */
  get failing(): boolean {
    return this.#failures > 0
  }

  /** The last failure, while there is nothing better to say. */
  get reason(): CatalogError | undefined {
    return this.#reason
  }

  /** Milliseconds until the network may be tried again. */
  get remainingMs(): number {
    return this.failing ? Math.max(0, this.#openUntilMs - this.#clock.now()) : 0
  }

  /** Notes that the catalog could not be reached or asked for a pause. */
  failed(error: CatalogError): void {
    const ms = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(this.#failures, DOUBLINGS_MAX_COUNT))
    const asked = error.detail['retryAfterMs']
    const askedMs = typeof asked === 'number' ? Math.min(asked, RETRY_AFTER_CAP_MS) : 0
    this.#failures += 1
    this.#reason = error
    this.#openUntilMs =
      this.#clock.now() + Math.max(ms, askedMs) * (1 + JITTER_SHARE * this.#random())
  }

  /** Notes that the catalog answered. */
  succeeded(): void {
    this.#failures = 0
    this.#reason = undefined
  }
}
