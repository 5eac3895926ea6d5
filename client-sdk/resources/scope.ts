import type { CallOptions } from '../options.ts'
import { PageIterator, type Page } from '../page.ts'
import type { Transport } from '../transport.ts'

/** What every resource works with. */
export interface Scope {
  readonly namespace: string
  readonly transport: Transport
}

/** The query members that choose a page. */
export interface PageQuery {
  readonly cursor?: string
  readonly limit?: number
}

/** A list whose pages are got by calls with the same options. */
export function listPages<Item>(
  options: CallOptions,
  getPage: (page: PageQuery, options: CallOptions) => Promise<Page<Item>>,
): PageIterator<Item> {
  return new PageIterator<Item>(({ cursor, limit, signal }) => {
    const page = {
      ...(cursor === undefined ? {} : { cursor }),
      ...(limit === undefined ? {} : { limit }),
    }
    return getPage(page, { ...options, signal })
  }, options.signal)
}

/** What a list can be asked for, without what is filled in for the caller. */
export type ListQuery<Input> = Omit<Input, 'namespace' | 'cursor'>
