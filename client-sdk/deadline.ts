import type { Clock } from './clock.ts'

/** How long work may take, and who may stop it. */
export interface Limit {
  readonly clock: Clock
  readonly ms: number
  readonly signal?: AbortSignal | undefined
}

/** How limited work ended; a failure of the work itself is thrown. */
export type Ended<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'expired' }
  | { readonly kind: 'aborted'; readonly reason: unknown }

/**
 * Waits for work for so long and no longer, whether or not the work heeds its signal.
 *
 * The signal that the work gets aborts when the wait ends before the work does.
 */
export async function within<T>(
  limit: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Ended<T>> {
  const { clock, ms, signal } = limit
  if (signal?.aborted) return { kind: 'aborted', reason: signal.reason }
  const stopWork = new AbortController()
  const stopTimer = new AbortController()
  let abort: () => void = () => undefined
  const aborted = new Promise<Ended<T>>((resolve) => {
    abort = () => resolve({ kind: 'aborted', reason: signal?.reason })
    signal?.addEventListener('abort', abort)
  })
  const expired = clock
    .sleep(Math.max(0, ms), { signal: stopTimer.signal })
    .then((): Ended<T> => ({ kind: 'expired' }))
  const done = work(stopWork.signal).then((value): Ended<T> => ({ kind: 'done', value }))
  try {
    const ended = await Promise.race([done, aborted, expired])
    if (ended.kind !== 'done') stopWork.abort(ended.kind === 'aborted' ? ended.reason : undefined)
    return ended
  } finally {
    stopTimer.abort()
    signal?.removeEventListener('abort', abort)
  }
}
