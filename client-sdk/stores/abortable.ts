import { CatalogError } from '../../schema/errors.ts'

/**
 * The same pieces, until the signal fires: then the wait for the next one ends at once.
 *
 * A source that hangs is left alone rather than waited for.
 *
 * @throws {ABORTED} the signal fired
 */
export async function* abortable<Piece>(
  source: AsyncIterable<Piece>,
  signal: AbortSignal,
): AsyncGenerator<Piece, undefined, undefined> {
  const pieces = source[Symbol.asyncIterator]()
  let fire = () => {}
  const fired = new Promise<'fired'>((resolve) => {
    fire = () => resolve('fired')
  })
  signal.addEventListener('abort', fire)
  let waiting = false
  try {
    for (;;) {
      if (signal.aborted) throw aborted(signal)
      waiting = true
      const next = await Promise.race([pieces.next(), fired])
      if (next === 'fired') throw aborted(signal)
      waiting = false
      if (next.done === true) return undefined
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', fire)
    // A generator ends only once it has its next piece, so one that hangs is not waited for.
    const ended = pieces.return?.()
    if (!waiting) await ended
    else ended?.catch(() => undefined)
  }
}

function aborted(signal: AbortSignal): CatalogError {
  return new CatalogError('ABORTED', 'The transfer was stopped; begin it again to continue it.', {
    cause: signal.reason,
  })
}
