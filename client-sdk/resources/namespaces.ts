import type { Namespace, NamespaceReceipt, NamespaceSpec, Operations } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

/** Namespaces: each is a log of its own. */
export class Namespaces {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Declares the client's namespace; the same declaration again changes nothing. */
  declare(spec: NamespaceSpec = {}, options?: CallOptions): Promise<NamespaceReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('declareNamespace', { namespace, body: spec }, options)
  }

  /** Lists the namespaces that the caller may read. */
  list(
    query: ListQuery<Operations['listNamespaces']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<Namespace> {
    const { transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listNamespaces', { ...query, ...page }, call),
    )
  }
}
