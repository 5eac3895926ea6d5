/** Time as the client sees it; a test gives its own. */
export interface Clock {
  /** Milliseconds from an arbitrary start that never run backwards. */
  now(): number
  /** Resolves after so many milliseconds, or at once when the signal aborts; never rejects. */
  sleep(ms: number, options?: SleepOptions): Promise<void>
}

/** How to sleep. */
export interface SleepOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether the process may end while this sleeps, where that can be said. Default: false. */
  readonly background?: boolean
}

/** The clock of the runtime. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, { signal, background = false } = {}) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      signal?.addEventListener('abort', wake)
      if (background) letProcessEnd(timer)
    }),
}

/** Browsers give timers as numbers, which keep nothing alive. */
function letProcessEnd(timer: unknown): void {
  if (holdsProcess(timer)) timer.unref()
}

function holdsProcess(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer
}
