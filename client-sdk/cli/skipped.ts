import type { SkipReason, Skipped } from '../api.ts'
import type { Screen } from './screen.ts'
import { drawTable } from './table.ts'

/** Candidates that a person is shown; the JSON document has all of them. */
const SHOWN_MAX_COUNT = 20

const reasons: Readonly<Record<SkipReason, string>> = {
  ABANDONED: 'on a line that a later attempt left behind',
  TOMBSTONED: 'withdrawn',
  EVIDENCE_FAILED: 'its bytes failed a check',
  GRADE_TOO_LOW: 'not checked as far as was asked',
  ENVIRONMENT_DIFFERS: 'made in another environment',
  ENVIRONMENT_UNKNOWN: 'did not record what it was made in',
  CHAIN_BROKEN: 'something below the delta is not good',
  STEP_TOO_HIGH: 'beyond the step that was asked for',
  TOO_OLD: 'older than was asked for',
  WORLD_SIZE_DIFFERS: 'saved by another number of workers',
  FORMAT_UNREADABLE: 'in a format that the caller cannot read',
  UNAVAILABLE: 'every place of a blob is down',
}

/** What was passed over and why, as a table with a line above it. */
export function drawSkipped(screen: Screen, skipped: readonly Skipped[]): string {
  const shown = skipped.slice(0, SHOWN_MAX_COUNT)
  const table = drawTable(
    screen,
    [
      { title: 'STEP', value: (row) => row.step, align: 'right' },
      { title: 'REASON', value: (row) => row.reason },
      { title: 'MEANING', value: (row) => reasons[row.reason] ?? '', minWidth: 12 },
      { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
      { title: 'RUN', value: (row) => row.run, minWidth: 12 },
    ],
    shown,
  )
  const rest = skipped.length - shown.length
  return [`Passed over:`, table, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n')
}

/** Reads what an error tells of candidates; anything else is none. */
export function parseSkipped(value: unknown): readonly Skipped[] {
  if (!Array.isArray(value)) return []
  return value.filter(
    (item: unknown): item is Skipped =>
      typeof item === 'object' &&
      item !== null &&
      'checkpoint' in item &&
      'step' in item &&
      'reason' in item,
  )
}
