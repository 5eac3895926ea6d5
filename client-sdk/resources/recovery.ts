import type {
  Abandoned,
  CloseRestore,
  CoverageStretch,
  IssueResumeToken,
  AcknowledgeDrift,
  DriftAcknowledgement,
  Latest,
  OpenRestore,
  Operations,
  PlanRecovery,
  RecoveryPlan,
  Restore,
  RestoreEnd,
  RestoreReceipt,
  ResumeToken,
} from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

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

  /**
   * Which windows of a job a range has: good ones, missing ones and overlaps, in order. `limit` counts windows.
   *
   * @throws {JOB_NOT_FOUND} it was never declared
   */
  coverage(
    query: ListQuery<Operations['getCoverage']['input']>,
    options: CallOptions = {},
  ): PageIterator<CoverageStretch> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('getCoverage', { ...query, namespace, ...page }, call),
    )
  }

  /**
   * What going back to a checkpoint would leave behind; changes nothing. `runs.resume` with `rewind` goes back.
   *
   * @throws {CHECKPOINT_NOT_GOOD} it cannot be gone back to; the detail says why
   */
  previewRewind(
    input: Omit<Operations['previewRewind']['input'], 'namespace'>,
    options?: CallOptions,
  ): Promise<Abandoned> {
    const { namespace, transport } = this.#scope
    return transport.call('previewRewind', { ...input, namespace }, options)
  }

  /**
   * Gets a small signed token that stands for the named or the latest good checkpoint, for an orchestrator to
   * carry; `runs.resume` takes it as `resume: { token }`.
   *
   * @throws {NO_GOOD_CHECKPOINT} none is good; the detail says why
   */
  issueToken(input: IssueResumeToken, options?: CallOptions): Promise<ResumeToken> {
    const { namespace, transport } = this.#scope
    return transport.call('issueResumeToken', { namespace, body: input }, options)
  }

  /**
   * Gets the plan that a resume token stands for, without opening a run.
   *
   * @throws {RESUME_TOKEN_INVALID} it was altered, or is of another catalog
   * @throws {RESUME_TOKEN_EXPIRED} its time is over
   * @throws {RESUME_TOKEN_MISMATCH} it is for another namespace
   */
  exchangeToken(token: string, options?: CallOptions): Promise<RecoveryPlan> {
    const { namespace, transport } = this.#scope
    return transport.call('exchangeResumeToken', { namespace, body: { token } }, options)
  }

  /**
   * Records that a restore of a checkpoint begins, and whose its bytes are then. `restore` does so by itself when it
   * is given a client.
   *
   * @throws {CHECKPOINT_NOT_FOUND} it was never registered
   */
  openRestore(input: OpenRestore, options?: CallOptions): Promise<RestoreReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('openRestore', { namespace, body: input }, options)
  }

  /**
   * Reports how a restore ended: checked bytes raise the grade, bytes that no place has take it back.
   *
   * @throws {RESTORE_NOT_FOUND} it was never opened
   * @throws {RESTORE_CLOSED} it was reported to have ended otherwise
   */
  closeRestore(restore: string, input: CloseRestore, options?: CallOptions): Promise<RestoreEnd> {
    const { namespace, transport } = this.#scope
    return transport.call('closeRestore', { namespace, restore, body: input }, options)
  }

  /** Lists restores, newest first. */
  restores(
    query: ListQuery<Operations['listRestores']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<Restore> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listRestores', { ...query, namespace, ...page }, call),
    )
  }

  /**
   * Records that somebody goes on in spite of how what is run differs from what made a state; of the same difference
   * nobody is asked again.
   *
   * @throws {DRIFT_REFUSED} the policy lets nobody go on; the detail has the whole difference
   */
  acknowledgeDrift(input: AcknowledgeDrift, options?: CallOptions): Promise<DriftAcknowledgement> {
    const { namespace, transport } = this.#scope
    return transport.call('acknowledgeDrift', { namespace, body: input }, options)
  }
}
