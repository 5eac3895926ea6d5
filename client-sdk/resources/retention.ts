import type {
  Operations,
  RetentionReceipt,
  RetentionRun,
  RetentionRunPage,
  RunRetention,
} from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

/** Retention: what to keep by policy, and why. */
export class Retention {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Decides what to keep, and unless it is a dry run withdraws the rest. Bytes are removed later, by a sweep.
   *
   * @throws {POLICY_NOT_FOUND} it names a policy that was never set
   */
  run(question: RunRetention, options?: CallOptions): Promise<RetentionReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('runRetention', { namespace, body: question }, options)
  }

  /** Lists retention runs, newest first. */
  runs(
    query: ListQuery<Operations['listRetentionRuns']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<RetentionRun> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listRetentionRuns', { ...query, namespace, ...page }, call),
    )
  }

  /**
   * Lists what a run decided about each checkpoint, and every reason for it.
   *
   * @throws {RETENTION_RUN_NOT_FOUND} there is no such run
   */
  decisions(
    retentionRun: string,
    query: ListQuery<Omit<Operations['getRetentionRun']['input'], 'retentionRun'>> = {},
    options: CallOptions = {},
  ): PageIterator<RetentionRunPage['items'][number]> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('getRetentionRun', { ...query, namespace, retentionRun, ...page }, call),
    )
  }
}
