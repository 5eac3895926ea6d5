import type {
  Drill,
  DrillReceipt,
  DueDrill,
  Operations,
  PlanDrill,
  RecordRehearsal,
} from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

/** Drills: what would become of jobs under faults that did not happen. They change nothing. */
export class Drills {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Plans recoveries under faults, for a page of jobs and partitions; `next` is the cursor of the next one.
   * With `record`, the drill becomes an entry.
   *
   * @throws {DRILL_TARGET_NOT_FOUND} a region or bucket is nobody's
   */
  plan(input: PlanDrill, options?: CallOptions): Promise<Drill> {
    const { namespace, transport } = this.#scope
    return transport.call('planDrill', { namespace, body: input }, options)
  }

  /**
   * Records what came of a restore into a scratch folder.
   *
   * @throws {CHECKPOINT_NOT_FOUND} what was restored is not registered here
   */
  recordRehearsal(input: RecordRehearsal, options?: CallOptions): Promise<DrillReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('recordRehearsal', { namespace, body: input }, options)
  }

  /** Lists jobs that were not restored in a drill as often as their policy says. */
  due(
    query: ListQuery<Operations['listDueDrills']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<DueDrill> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listDueDrills', { ...query, namespace, ...page }, call),
    )
  }
}
