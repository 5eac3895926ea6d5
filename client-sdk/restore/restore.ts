import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { RecoveryPlan } from '../api.ts'
import type { Candidate, Reporting } from './candidate.ts'
import { fetchState, type FetchedState, type FetchOptions } from './fetch-state.ts'
import { findNext, type Wishes } from './find-next.ts'
import { openReport } from './open-report.ts'
import { RestoreRecord } from './restore-record.ts'

/** States tried when a job does not say: a line that has lost more than these needs a person. */
const CANDIDATES_COUNT = 8
const CANDIDATES_MAX_COUNT = 32

/** How to restore, and to whom it is reported. */
export interface RestoreOptions extends FetchOptions, Wishes, Partial<Reporting> {
  /** Whether the catalog is told; default yes, when there is a `client`. */
  readonly report?: boolean
  /** States tried in all, 1 to 32; default 8. */
  readonly candidates?: number
}

/** A state that was restored. */
export interface RestoredState extends FetchedState, Candidate {
  /** Whether the outcome is recorded; `off` where nobody was told. */
  readonly report: 'recorded' | 'failed' | 'off'
}

/**
 * Fetches every blob of a recovery plan to `into/<NN>-step-<step>/rank-<rank>/<name>`, base first, each from the first
 * of its sources that gives it.
 *
 * Of a blob with several sources the next is tried when one fails. Size and digest are checked while the bytes stream, and a file gets its name only when they are right and on
 * disk. A restore that was stopped goes on where it stopped when it is called again with the same folder:
 * finished files are checked and kept, parts continued. What else is in the folder stays.
 *
 * With a `client`, the catalog is told how it ended, and when no source gives a blob of a plan that was made from the
 * latest good state, the next one is planned and restored in its place: `plan` of the answer says which it was. With a
 * `run`, that next state is resumed in a new attempt, so that what is recorded stays true: go on with `run` of the
 * answer. A catalog that cannot be reached is no reason for a restore to fail.
 *
 * @throws {BLOB_CORRUPT} bytes differ from their reference; nothing is left under that name
 * @throws {BLOB_NOT_FOUND} a version is gone
 * @throws {INVALID_NAME} a name of the plan could leave the folder, or two cannot both be files
 * @throws {CONFIG_INVALID} no store has a URI's scheme, or something in the folder is in the way
 * @throws {STORE_FAILED} a store or the disk failed
 * @throws {ABORTED} the signal fired
 */
export async function restore(plan: RecoveryPlan, options: RestoreOptions): Promise<RestoredState> {
  const { client, run, ownership = 'no-claim' } = options
  const reporting = client && { client, ownership }
  const candidates = parseCandidates(options.candidates)
  const tried: Candidate[] = []
  let candidate: Candidate = { plan, ...(run === undefined ? {} : { run }) }
  for (;;) {
    tried.push(candidate)
    const record = new RestoreRecord()
    const report = await openReport(options.report === false ? undefined : reporting, candidate)
    try {
      const state = await fetchState(candidate.plan, options, record)
      return { ...state, ...candidate, report: await report.succeeded(state, record) }
    } catch (cause) {
      await report.failed(cause, record)
      const isOfPlaces = isCatalogError(cause) && record.failures.length > 0
      const isOver = options.signal?.aborted === true || tried.length >= candidates
      if (client === undefined || !isOfPlaces || isOver) throw cause
      const next = await findNext({ client, tried, record }, options)
      if (next === undefined) throw cause
      candidate = next
    }
  }
}

function parseCandidates(count = CANDIDATES_COUNT): number {
  if (Number.isSafeInteger(count) && count >= 1 && count <= CANDIDATES_MAX_COUNT) return count
  throw new CatalogError(
    'CONFIG_INVALID',
    `"candidates" must be an integer from 1 to ${CANDIDATES_MAX_COUNT}.`,
  )
}
