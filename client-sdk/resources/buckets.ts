import type { Bucket, BucketProbe, Operations } from '../api.ts'
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
}
