import { CatalogError } from '../../../schema/errors.ts'
import { within } from '../../deadline.ts'
import { decideRetry, type Failure } from '../../retry.ts'
import { failureOfS3, type S3Subject } from './s3-failure.ts'
import type { S3Settings } from './s3-options.ts'

/** A line on which nothing slower than this is waited for, in bytes a millisecond: 256 KiB a second. */
const BYTES_PER_MS = 262

/** One request to the store. */
export interface S3Request {
  /** What it does, as the beginning of a sentence. */
  readonly what: string
  /** Bytes that it sends; they get time of their own. */
  readonly sizeBytes?: number
  /** Milliseconds on top, for work that the store has to do. */
  readonly extraMs?: number
  readonly signal?: AbortSignal | undefined
}

/** Sends a request by a call of the AWS SDK, and again while that is of use. */
export type SendS3 = <Output>(
  request: S3Request,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
) => Promise<Output>

/**
 * Requests to one bucket: total deadline, bounded retries with full jitter, one error class.
 *
 * A store that hangs is left after half of the deadline and asked once more.
 */
export function requestsTo(settings: S3Settings, bucket: string): SendS3 {
  const { clock, retries, random, timeoutMs } = settings
  return async (request, call) => {
    const { what, sizeBytes = 0, extraMs = 0, signal } = request
    const totalMs = timeoutMs + sizeBytes / BYTES_PER_MS + extraMs
    const deadlineMs = clock.now() + totalMs
    // Bounded by `retries`.
    for (let attempts = 1; ; attempts += 1) {
      const ms = Math.min(totalMs / 2, deadlineMs - clock.now())
      const tried = await tryOnce({ clock, ms, signal }, { what, bucket }, call)
      if ('output' in tried) return tried.output
      const remainingMs = deadlineMs - clock.now()
      const state = { attempts, retries, remainingMs, random: random() }
      const decision = decideRetry(tried.failure, state)
      if (!decision.retry) throw tried.failure.error
      await clock.sleep(decision.delayMs, { signal })
    }
  }
}

async function tryOnce<Output>(
  limit: Parameters<typeof within>[0],
  subject: S3Subject,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
): Promise<{ readonly output: Output } | { readonly failure: Failure }> {
  try {
    const ended = await within(limit, (abortSignal) => call({ abortSignal }))
    switch (ended.kind) {
      case 'done':
        return { output: ended.value }
      case 'expired':
        return { failure: { error: noAnswer(subject, limit.ms), kind: 'transient' } }
      case 'aborted':
        return { failure: { error: aborted(subject, ended.reason), kind: 'final' } }
    }
  } catch (cause) {
    return { failure: failureOfS3(cause, subject) }
  }
}

/** That the store was silent for too long. */
export function noAnswer({ what, bucket }: S3Subject, ms: number): CatalogError {
  return new CatalogError(
    'STORE_UNAVAILABLE',
    `${what} failed: the store gave no answer within ${Math.round(ms)} ms; check the network and the endpoint.`,
    { detail: { bucket } },
  )
}

function aborted({ what, bucket }: S3Subject, cause: unknown): CatalogError {
  return new CatalogError('ABORTED', `${what} was stopped by the caller.`, {
    cause,
    detail: { bucket },
  })
}
