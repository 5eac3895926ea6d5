import { CatalogError } from '../schema/errors.ts'

/** A page of a list and the cursor of the next one; null on the last. */
export interface Page<Item, Cursor = string> {
  readonly items: readonly Item[]
  readonly next: Cursor | null
}

/** Which page to get. */
export interface PageRequest<Cursor> {
  /** Undefined for the first page. */
  readonly cursor: Cursor | undefined
  /** Fewer items than the list's own limit, when no more are needed. */
  readonly limit: number | undefined
  readonly signal: AbortSignal
}

/** Gets one page. */
export type PageSource<Item, Cursor> = (request: PageRequest<Cursor>) => Promise<Page<Item, Cursor>>

/** Pages that one iteration follows: more than any list of the catalog has at one item a page. */
const PAGES_MAX_COUNT = 10_000_000

/**
 * The items of a list, fetched page by page as they are asked for.
 *
 * Each iteration begins anew; ending one early aborts what is in flight.
 */
export class PageIterator<Item, Cursor = string> implements AsyncIterable<Item> {
  readonly #source: PageSource<Item, Cursor>
  readonly #signal: AbortSignal | undefined

  constructor(source: PageSource<Item, Cursor>, signal?: AbortSignal) {
    this.#source = source
    this.#signal = signal
  }

  [Symbol.asyncIterator](): AsyncIterator<Item, undefined> {
    return abortable((signal) => this.#items(signal), this.#signal)
  }

  /** The same list a page at a time. */
  pages(): AsyncIterable<readonly Item[]> {
    return {
      [Symbol.asyncIterator]: () => abortable((signal) => this.#pages(signal), this.#signal),
    }
  }

  /** The first item, or undefined when the list is empty. */
  async first(): Promise<Item | undefined> {
    const page = await this.#source({
      cursor: undefined,
      limit: 1,
      signal: this.#signal ?? new AbortController().signal,
    })
    return page.items[0]
  }

  /**
   * The first items as an array, at most `limit` of them.
   *
   * @throws {INVALID_REQUEST} the limit is no positive integer
   */
  async toArray({ limit }: { readonly limit: number }): Promise<readonly Item[]> {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new CatalogError('INVALID_REQUEST', '"limit" must be a positive integer.')
    }
    const items: Item[] = []
    for await (const item of this) {
      items.push(item)
      if (items.length >= limit) break
    }
    return items
  }

  async *#items(signal: AbortSignal): AsyncGenerator<Item, undefined> {
    for await (const items of { [Symbol.asyncIterator]: () => this.#pages(signal) }) yield* items
    return undefined
  }

  async *#pages(signal: AbortSignal): AsyncGenerator<readonly Item[], undefined> {
    let cursor: Cursor | undefined
    for (let count = 0; count < PAGES_MAX_COUNT; count += 1) {
      const page = await this.#source({ cursor, limit: undefined, signal })
      yield page.items
      if (page.next === null) return undefined
      if (page.next === cursor) break
      cursor = page.next
    }
    throw new CatalogError(
      'INTERNAL',
      'The list does not end: a page named itself as the next one.',
    )
  }
}

/** A generator whose `return` aborts what is in flight instead of waiting for it. */
function abortable<Item>(
  start: (signal: AbortSignal) => AsyncGenerator<Item, undefined>,
  outer: AbortSignal | undefined,
): AsyncIterator<Item, undefined> {
  const inner = new AbortController()
  const abort = () => inner.abort(outer?.reason)
  if (outer?.aborted) abort()
  outer?.addEventListener('abort', abort)
  const generator = start(inner.signal)
  const release = () => outer?.removeEventListener('abort', abort)
  return {
    async next() {
      const result = await generator.next()
      if (result.done) release()
      return result
    },
    async return() {
      release()
      inner.abort()
      await generator.return(undefined)
      return { done: true, value: undefined }
    },
  }
}
