import type { LogIndex, Operations, Policy, PolicyReceipt, PolicySpec } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

/** Policies: what classes of jobs need. A job names its policy when it is declared. */
export class Policies {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Sets a policy, for every job that names it; the same again changes nothing.
   *
   * @throws {NAMESPACE_NOT_FOUND} the client's namespace was never declared
   */
  set(policy: string, spec: PolicySpec, options?: CallOptions): Promise<PolicyReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('setPolicy', { namespace, policy, body: spec }, options)
  }

  /**
   * Gets a policy, as it is or as it was.
   *
   * @throws {POLICY_NOT_FOUND} it was never set
   */
  get(
    policy: string,
    query: { readonly asOf?: LogIndex } = {},
    options?: CallOptions,
  ): Promise<Policy> {
    const { namespace, transport } = this.#scope
    return transport.call('getPolicy', { namespace, policy, ...query }, options)
  }

  /** Lists policies by name. */
  list(
    query: ListQuery<Operations['listPolicies']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<Policy> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listPolicies', { ...query, namespace, ...page }, call),
    )
  }
}
