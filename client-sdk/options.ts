import { CatalogError } from '../schema/errors.ts'
import type { BlobStore } from './blob-store.ts'
import { systemClock, type Clock } from './clock.ts'
import type { Hooks } from './hooks.ts'
import { RETRIES_DEFAULT_COUNT } from './retry.ts'
import type { Spool } from './spool.ts'
import type { Staging } from './staging.ts'
import type { Token } from './token.ts'
import type { Trust } from './trust.ts'

/** How a client reaches its catalog. */
export interface ClientOptions {
  /** Where the catalog is, such as `http://127.0.0.1:7420`; without credentials, query or fragment. */
  readonly url: string
  /** The namespace that all calls are about. */
  readonly namespace: string
  /**
   * A token, or a function that gets one. It is called when the first token is needed and once more
   * within a call whose token was refused.
   */
  readonly token: Token
  /** Default: the runtime's. */
  readonly fetch?: typeof globalThis.fetch
  /** Total deadline of a call in milliseconds, pauses included. Default: 30,000 for reads, 10,000 for others. */
  readonly timeoutMs?: number
  /** Deadline of one attempt in milliseconds. Default: half of the total. */
  readonly attemptTimeoutMs?: number
  /** Attempts beyond the first, 0 to 10. Default: 2. */
  readonly retries?: number
  /** Where registrations wait when the catalog cannot be reached; without one, they fail. */
  readonly spool?: Spool
  /** Where runs put the `contents` of their checkpoints. */
  readonly store?: BlobStore
  /** Where contents wait for their upload to `store`, for `async` and `hybrid` checkpoints; `openStaging` gives one. */
  readonly staging?: Staging
  /** Longest wait of a checkpoint for the catalog, in milliseconds, when there is a spool. Default: 2,000. */
  readonly foregroundMs?: number
  readonly clock?: Clock
  /** Gives numbers from 0 up to 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number
  readonly hooks?: Hooks
  /**
   * Keys of the log that the client has from elsewhere, by `openTrust`: then no registration counts until its
   * receipt is proven, which takes two more reads and a token that may `read` the job. Default: none.
   */
  readonly trust?: Trust
}

/** How one call differs from the client's options. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Total deadline in milliseconds. */
  readonly timeoutMs?: number
  /** Sent as `Idempotency-Key` with every attempt; made by the client when the operation needs one. */
  readonly idempotencyKey?: string
}

/** The options of a client, checked and filled up; the token is kept apart. */
export interface Settings {
  /** Where the catalog is, without a slash at the end. */
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number | undefined
  readonly attemptTimeoutMs: number | undefined
  readonly retries: number
  readonly foregroundMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly hooks: Hooks
  readonly trust: Trust | undefined
}

/** Retries beyond this only multiply an outage. */
const RETRIES_MAX_COUNT = 10
/** A checkpoint every few seconds can bear this much; more stalls the job. */
const FOREGROUND_DEFAULT_MS = 2_000
/** Timers of the runtime hold 31 bits. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

/**
 * Checks a client's options and fills up what was left out.
 *
 * @throws {CONFIG_INVALID} an option is out of bounds
 */
export function parseOptions(options: ClientOptions): Settings {
  const { retries = RETRIES_DEFAULT_COUNT, foregroundMs = FOREGROUND_DEFAULT_MS } = options
  if (!Number.isInteger(retries) || retries < 0 || retries > RETRIES_MAX_COUNT) {
    throw invalid(`"retries" must be an integer from 0 to ${RETRIES_MAX_COUNT}`)
  }
  for (const name of ['timeoutMs', 'attemptTimeoutMs', 'foregroundMs'] as const) {
    const ms = options[name]
    if (ms !== undefined && !(ms > 0 && ms <= TIMEOUT_MAX_MS)) {
      throw invalid(`"${name}" must be a number of milliseconds above 0`)
    }
  }
  return {
    url: parseUrl(options.url),
    fetch: options.fetch ?? ((...call) => globalThis.fetch(...call)),
    timeoutMs: options.timeoutMs,
    attemptTimeoutMs: options.attemptTimeoutMs,
    retries,
    foregroundMs,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    hooks: options.hooks ?? {},
    trust: options.trust,
  }
}

/** The text is never quoted: it may hold credentials. */
function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid('"url" must be an http or https URL')
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('"url" must not hold credentials: give them as "token"')
  }
  if (url.search !== '' || url.hash !== '')
    throw invalid('"url" must have no query and no fragment')
  return (url.origin + url.pathname).replace(/\/+$/, '')
}

function invalid(what: string): CatalogError {
  return new CatalogError('CONFIG_INVALID', `The client cannot be made: ${what}.`)
}
