import type { CatalogError } from '../schema/errors.ts'
import type { RetryKind } from './budget.ts'

/** Attempts of a call beyond the first, when none are asked for. */
export const RETRIES_DEFAULT_COUNT = 2

/** Upper bounds of the first pause; each further one doubles. */
const BASE_MS = { transient: 50, throttled: 1_000 } as const satisfies Record<RetryKind, number>
/** Longest pause of our own choice; the catalog may ask for a longer one. */
const CAP_MS = 20_000

/** A failed attempt. */
export interface Failure {
  readonly error: CatalogError
  /** `final`: the same request would fail again. */
  readonly kind: RetryKind | 'final'
  /** What the catalog asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** Where a call stands when an attempt has failed. */
export interface RetryState {
  /** Attempts made so far, from 1. */
  readonly attempts: number
  /** Attempts allowed beyond the first. */
  readonly retries: number
  /** Milliseconds until the call's total deadline. */
  readonly remainingMs: number
  /** A number from 0 up to 1. */
  readonly random: number
}

/** Why a call is not tried again. */
export type StopReason = 'final' | 'attempts' | 'deadline' | 'budget'

/** Whether to try again, and when. */
export type RetryDecision =
  | { readonly retry: true; readonly kind: RetryKind; readonly delayMs: number }
  | { readonly retry: false; readonly why: StopReason }

/**
 * Decides whether a failed attempt is made again: full jitter over `min(cap, base · 2^n)`.
 *
 * A pause that the catalog asks for is kept and jitter added to it; one that reaches beyond the
 * deadline ends the call instead of being cut short.
 *
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function decideRetry(failure: Failure, state: RetryState): RetryDecision {
  const { kind, retryAfterMs = 0 } = failure
  if (kind === 'final') return { retry: false, why: 'final' }
  if (state.attempts > state.retries) return { retry: false, why: 'attempts' }
  const ceilingMs = Math.min(CAP_MS, BASE_MS[kind] * 2 ** (state.attempts - 1))
  const delayMs = retryAfterMs + state.random * ceilingMs
  if (delayMs >= state.remainingMs) return { retry: false, why: 'deadline' }
  return { retry: true, kind, delayMs }
}

/**
 * Reads a `Retry-After` header: seconds, or a date, which is held against the answer's own `Date` so
 * that the local clock plays no part. Undefined when there is none that can be read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const ms = Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
