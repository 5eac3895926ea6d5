import type { Job, JobReceipt, JobSpec, LogIndex, Operations } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

/** Jobs: recurring computations of a namespace. */
export class Jobs {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Declares a job; the same declaration again changes nothing, another one replaces it.
   *
   * @throws {NAMESPACE_NOT_FOUND} the client's namespace was never declared
   */
  declare(job: string, spec: JobSpec = {}, options?: CallOptions): Promise<JobReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('declareJob', { namespace, job, body: spec }, options)
  }

  /**
   * Gets a job, as it is or as it was.
   *
   * @throws {JOB_NOT_FOUND} it was never declared
   */
  get(job: string, query: { readonly asOf?: LogIndex } = {}, options?: CallOptions): Promise<Job> {
    const { namespace, transport } = this.#scope
    return transport.call('getJob', { namespace, job, ...query }, options)
  }

  /** Lists jobs by name. */
  list(
    query: ListQuery<Operations['listJobs']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<Job> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listJobs', { ...query, namespace, ...page }, call),
    )
  }
}
