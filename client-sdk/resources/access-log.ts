import type { AccessEnd, AccessRecord } from '../api.ts'
import type { CallOptions } from '../options.ts'
import { PageIterator } from '../page.ts'
import type { Scope } from './scope.ts'

/** Who asked what of a namespace: every write, and every request that was denied. */
export class AccessLog {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * The records; each is one batch, and bound to the one before it by its hash.
   *
   * @param query `limit`: records of one page, 1 to 500. Default: 50. `order`. Default: `oldest-first`.
   */
  records(
    query: { readonly limit?: number; readonly order?: 'oldest-first' | 'newest-first' } = {},
    options: CallOptions = {},
  ): PageIterator<AccessRecord> {
    const { namespace, transport } = this.#scope
    return new PageIterator(async ({ cursor, limit = query.limit, signal }) => {
      const input = {
        namespace,
        ...(cursor === undefined ? {} : { cursor }),
        ...(limit === undefined ? {} : { limit }),
        ...(query.order === undefined ? {} : { order: query.order }),
      }
      return transport.call('listAccessLog', input, { ...options, signal })
    }, options.signal)
  }

  /** Where the log says that it ends now: records that are read later must reach that far, to that hash. */
  async end(options: CallOptions = {}): Promise<AccessEnd> {
    const { namespace, transport } = this.#scope
    const { end } = await transport.call('listAccessLog', { namespace, limit: 1 }, options)
    return end
  }
}
