import type { Latest, Operations, PlanRecovery, RecoveryPlan } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { Scope } from './scope.ts'

/** The way back to a good state. */
export class Recovery {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Gets the latest good checkpoint of a job, and what was passed over.
   *
   * @throws {NO_GOOD_CHECKPOINT} none is good; the detail says why
   */
  latest(
    input: Omit<Operations['getLatest']['input'], 'namespace'>,
    options?: CallOptions,
  ): Promise<Latest> {
    const { namespace, transport } = this.#scope
    return transport.call('getLatest', { ...input, namespace }, options)
  }

  /**
   * Plans a recovery without opening a run; changes nothing.
   *
   * @throws {NO_GOOD_CHECKPOINT} none is good; the detail says why
   * @throws {PLAN_TOO_LARGE} the state has more blobs than a plan may list
   */
  plan(input: PlanRecovery, options?: CallOptions): Promise<RecoveryPlan> {
    const { namespace, transport } = this.#scope
    return transport.call('planRecovery', { namespace, body: input }, options)
  }
}
