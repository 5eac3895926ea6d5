import type { EntryRecord } from '../api.ts'
import type { CallOptions } from '../options.ts'
import { PageIterator } from '../page.ts'
import type { Scope } from './scope.ts'

/** Which entries to read. */
export interface EntriesQuery {
  /** Index of the last entry already seen; -1 for the beginning. Default: -1. */
  readonly after?: number
  /** Entries of one page, 1 to 500. Default: 50. */
  readonly limit?: number
}

/** The append-only log of a namespace. */
export class Log {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Reads the log in order, up to where it ended when the last page was read. */
  entries(query: EntriesQuery = {}, options: CallOptions = {}): PageIterator<EntryRecord, number> {
    const { namespace, transport } = this.#scope
    return new PageIterator(async ({ cursor, limit, signal }) => {
      const after = cursor ?? query.after
      const count = limit ?? query.limit
      const input = {
        namespace,
        ...(after === undefined ? {} : { after }),
        ...(count === undefined ? {} : { limit: count }),
      }
      const { items, size } = await transport.call('listEntries', input, { ...options, signal })
      const last = items.at(-1)
      return { items, next: last === undefined || last.index >= size - 1 ? null : last.index }
    }, options.signal)
  }
}
