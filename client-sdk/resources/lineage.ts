import type {
  CheckpointSummary,
  Comparison,
  Digest,
  Lineage,
  Operations,
  Replayability,
  StepComparison,
} from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

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

  /**
   * Grades how replayable a checkpoint is, and names what is missing.
   *
   * @throws {CHECKPOINT_NOT_FOUND} it is not registered
   */
  replayability(digest: Digest, options?: CallOptions): Promise<Replayability> {
    const { namespace, transport } = this.#scope
    return transport.call('getReplayability', { namespace, digest }, options)
  }

  /** Lists the checkpoints of the line that leads to a run, oldest first. */
  line(
    run: string,
    query: ListQuery<Omit<Operations['listLine']['input'], 'run'>> = {},
    options: CallOptions = {},
  ): PageIterator<CheckpointSummary> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listLine', { ...query, namespace, run, ...page }, call),
    )
  }

  /** Compares the lines that lead to two runs step by step, oldest first, whatever their length. */
  compareRuns(
    left: string,
    right: string,
    query: ListQuery<Omit<Operations['compareRuns']['input'], 'run' | 'against'>> = {},
    options: CallOptions = {},
  ): PageIterator<StepComparison> {
    const { namespace, transport } = this.#scope
    const runs = { namespace, run: left, against: right }
    return listPages(options, (page, call) =>
      transport.call('compareRuns', { ...query, ...runs, ...page }, call),
    )
  }
}
