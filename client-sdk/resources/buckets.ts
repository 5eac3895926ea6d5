import type { Bucket, BucketProbe, Operations, ReconcileBucket, Reconciliation } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { Scope } from './scope.ts'

/** A probe of a slow store takes two minutes at most, and half of this is the time of one attempt. */
const PROBE_MAX_MS = 300_000

/** The buckets and folders that the catalog may touch. */
export class Buckets {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Lists them by name, each with what its newest probe found. */
  async list(
    query: Omit<Operations['listBuckets']['input'], 'namespace'> = {},
    options?: CallOptions,
  ): Promise<readonly Bucket[]> {
    const { namespace, transport } = this.#scope
    const { items } = await transport.call('listBuckets', { ...query, namespace }, options)
    return items
  }

  /**
   * Tries out what a bucket can do, and records it.
   *
   * @throws {BUCKET_NOT_ALLOWED} the catalog's configuration does not name it
   * @throws {STORE_UNAVAILABLE | BUCKET_ACCESS_DENIED | STORE_UNSUITABLE} nothing could be found out
   */
  probe(bucket: string, options?: CallOptions): Promise<BucketProbe> {
    const { namespace, transport } = this.#scope
    const call = { timeoutMs: PROBE_MAX_MS, ...options }
    return transport.call('probeBucket', { namespace, bucket }, call)
  }

  /**
   * Has the catalog compare a bucket with what checkpoints point at, both ways, and waits for the end. Removes
   * and demotes nothing.
   *
   * @param options.onProgress Hears how far it is, every few seconds, with `next` to go on from.
   * @throws {BUCKET_NOT_ALLOWED} the catalog's configuration does not name it
   * @throws {STORE_UNAVAILABLE | BUCKET_ACCESS_DENIED | STORE_UNSUITABLE} it cannot be listed to its end
   */
  async reconcile(
    bucket: string,
    input: Omit<ReconcileBucket, 'reconciliation'> = {},
    { onProgress, ...options }: CallOptions & { onProgress?: (state: Reconciliation) => void } = {},
  ): Promise<Reconciliation> {
    const { namespace, transport } = this.#scope
    let body: ReconcileBucket = input
    for (;;) {
      const state = await transport.call('reconcileBucket', { namespace, bucket, body }, options)
      onProgress?.(state)
      if (state.state !== 'running') return state
      body = { ...input, reconciliation: state.reconciliation }
    }
  }
}
