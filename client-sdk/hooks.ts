import type { CatalogError } from '../schema/errors.ts'
import type { Digest, OperationId } from './api.ts'

/** An attempt is about to be sent. */
export interface RequestEvent {
  readonly operation: OperationId
  readonly method: string
  /** Path and query; never a token. */
  readonly path: string
  /** From 1. */
  readonly attempt: number
}

/** An attempt was answered. */
export interface ResponseEvent extends RequestEvent {
  readonly status: number
  readonly durationMs: number
  readonly requestId: string | undefined
}

/** An attempt failed and is made again after a pause. */
export interface RetryEvent extends RequestEvent {
  readonly error: CatalogError
  readonly delayMs: number
}

/**
 * An answer is from a log that the catalog reads and does not write to: it is what the database has, and may not
 * be the newest.
 */
export interface LogStoppedEvent extends RequestEvent {
  /** `LOG_ROLLED_BACK`: the database lacks what was signed. `LOG_CORRUPT`: it contradicts itself. */
  readonly code: string
  /** Indexes of the first and last entry that are missing, where that is known. */
  readonly missing: { readonly from: number; readonly to: number } | undefined
}

/** Something happened to a record of the spool. */
export interface SpoolEvent {
  /** `waits`: a pass over the spool ended before this record was sent. */
  readonly kind: 'kept' | 'dropped' | 'registered' | 'refused' | 'waits'
  readonly job: string
  readonly partition: string
  readonly run: string
  readonly step: number
  readonly checkpoint: Digest
  readonly error: CatalogError | undefined
}

/** Called as things happen, to log or to measure; what a hook throws is dropped. */
export interface Hooks {
  readonly onRequest?: (event: RequestEvent) => void
  readonly onResponse?: (event: ResponseEvent) => void
  readonly onLogStopped?: (event: LogStoppedEvent) => void
  readonly onRetry?: (event: RetryEvent) => void
  readonly onSpool?: (event: SpoolEvent) => void
}

/** Calls a hook, which cannot break or delay the call that it watches. */
export function notify<Event>(hook: ((event: Event) => unknown) | undefined, event: Event): void {
  if (hook === undefined) return
  // Inside of an async function, what a hook throws at once is a rejection like one that comes later.
  const call = async () => hook(event)
  call().catch(() => undefined)
}
