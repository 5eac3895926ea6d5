import type {
  Abandoned,
  LogIndex,
  OpenRun,
  Operations,
  RecoveryPlan,
  Run,
  Skipped,
} from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { RunHandle, type RunIdentity, type RunParts } from '../run.ts'
import { listPages, type ListQuery } from './scope.ts'

/** What to run, and from which state. */
export interface ResumeInput extends Omit<OpenRun, 'resume'> {
  /** The last good state, none on purpose, exactly this checkpoint, or that of a resume token. Default: `latest`. */
  readonly resume?: OpenRun['resume']
}

/** An open run, and how to get to the state that it goes on from. */
export interface Resumed {
  readonly run: RunHandle
  /** What to fetch before going on; null for a fresh start. */
  readonly plan: RecoveryPlan | null
  /** Newer candidates that were passed over, and why. */
  readonly skipped: readonly Skipped[]
  /** What a rewind, a resume token or `none` leaves behind of the line until now. */
  readonly abandons: Abandoned
  /** That the opening is recorded, as C2SP tlog-proof text. */
  readonly proof: string
}

/** Runs: executions of a job. */
export class Runs {
  readonly #parts: RunParts

  constructor(parts: RunParts) {
    this.#parts = parts
  }

  /**
   * Opens a run, fences every older attempt of the job and partition, and plans the way back to the last
   * good state, all in one step. What the line has staged is uploaded and what waits in the spool is sent before,
   * because an older attempt's checkpoints would be refused afterwards.
   *
   * @throws {DEADLINE_EXCEEDED} not all that was staged got into the store, or the catalog did not take what waits
   * @throws {STORE_UNAVAILABLE} the store failed, and an older attempt's checkpoints are staged
   * @throws {NO_GOOD_CHECKPOINT} there are checkpoints and none is good; the detail says why
   * @throws {CHECKPOINT_NOT_GOOD} the checkpoint asked for is not good
   * @throws {RESUME_TOKEN_STALE} the line has a newer good state than the token; `rewind` says to go back
   * @throws {WINDOW_MISMATCH} the partition is known to be about another span of time
   */
  async resume(input: ResumeInput, options?: CallOptions): Promise<Resumed> {
    const { namespace, transport, delivery, uploads } = this.#parts
    const { job, partition = '' } = input
    await uploads?.settle({ namespace, job, partition }, options)
    await delivery.flush(options)
    const body = { ...input, resume: input.resume ?? 'latest' }
    const { run, ...rest } = await transport.call('openRun', { namespace, body }, options)
    return { run: new RunHandle(this.#parts, run), ...rest }
  }

  /** A handle on a run that is open already, such as one opened by another process; asks nobody. */
  handle(run: RunIdentity): RunHandle {
    return new RunHandle(this.#parts, run)
  }

  /**
   * Gets a run, as it is or as it was.
   *
   * @throws {RUN_NOT_FOUND} it was never opened
   */
  get(run: string, query: { readonly asOf?: LogIndex } = {}, options?: CallOptions): Promise<Run> {
    const { namespace, transport } = this.#parts
    return transport.call('getRun', { namespace, run, ...query }, options)
  }

  /** Lists runs, newest first. */
  list(
    query: ListQuery<Operations['listRuns']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<Run> {
    const { namespace, transport } = this.#parts
    return listPages(options, (page, call) =>
      transport.call('listRuns', { ...query, namespace, ...page }, call),
    )
  }
}
