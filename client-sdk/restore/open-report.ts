import type { Outcome } from '../api.ts'
import type { Candidate, Reporting } from './candidate.ts'
import type { FetchedState } from './fetch-state.ts'
import type { RestoreRecord } from './restore-record.ts'

/** What telling the catalog may take: a job waits for it before it goes on, or before it hears of a failure. */
const REPORT_TIMEOUT_MS = 10_000

/** How a restore is told of; nothing here throws, because a restore is worth more than its report. */
export interface Report {
  succeeded(state: FetchedState, record: RestoreRecord): Promise<'recorded' | 'failed' | 'off'>
  failed(cause: unknown, record: RestoreRecord): Promise<void>
}

const limits = { timeoutMs: REPORT_TIMEOUT_MS }

const silent: Report = { succeeded: async () => 'off', failed: async () => undefined }
const lost: Report = { ...silent, succeeded: async () => 'failed' }

/** Tells the catalog that a restore begins; without somebody to tell, the report is silent. */
export async function openReport(
  reporting: Reporting | undefined,
  { plan, run }: Candidate,
): Promise<Report> {
  if (reporting === undefined) return silent
  const { client, ownership } = reporting
  const { recovery } = client
  const startedMs = performance.now()
  const named = run === undefined ? {} : { run: run.id }
  const opened = await recovery
    .openRestore({ checkpoint: plan.checkpoint, ownership, ...named }, limits)
    .catch(() => undefined)
  if (opened === undefined) return lost
  const close = async (
    outcome: Outcome,
    bytes: number,
    { failures, sources }: RestoreRecord,
  ): Promise<'recorded' | 'failed'> => {
    const durationMs = Math.round(performance.now() - startedMs)
    const checked = outcome === 'succeeded'
    const found = {
      ...(failures.length === 0 ? {} : { failures }),
      ...(sources.length === 0 ? {} : { sources }),
    }
    const ended = { outcome, checked, bytes, durationMs, ...found }
    return recovery.closeRestore(opened.restore, ended, limits).then(
      () => 'recorded' as const,
      () => 'failed' as const,
    )
  }
  return {
    succeeded: ({ bytesFetched }, record) => close('succeeded', bytesFetched, record),
    failed: async (cause, record) => {
      const wasStopped = cause instanceof Error && 'code' in cause && cause.code === 'ABORTED'
      const bytes = record.sources.reduce((sum, source) => sum + source.bytes, 0)
      await close(wasStopped ? 'cancelled' : 'failed', bytes, record)
    },
  }
}
