import type { Comparison, Digest, Lineage, Operations } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { Scope } from './scope.ts'

/** What came from what, and how two states differ. */
export class LineageQueries {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Gets ancestors or descendants of a checkpoint, nearest first, bounded in depth and count.
   *
   * @throws {CHECKPOINT_NOT_FOUND} it is not registered
   */
  of(
    digest: Digest,
    query: Omit<Operations['getLineage']['input'], 'namespace' | 'digest'> = {},
    options?: CallOptions,
  ): Promise<Lineage> {
    const { namespace, transport } = this.#scope
    return transport.call('getLineage', { ...query, namespace, digest }, options)
  }

  /** Compares parameters, seeds, inputs, format and environment of two checkpoints. */
  compare(left: Digest, right: Digest, options?: CallOptions): Promise<Comparison> {
    const { namespace, transport } = this.#scope
    const input = { namespace, digest: left, other: right }
    return transport.call('compareCheckpoints', input, options)
  }
}
