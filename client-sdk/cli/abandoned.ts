import type { Abandoned } from '../api.ts'
import { formatCount } from './quantity.ts'
import type { Screen } from './screen.ts'
import { drawTable } from './table.ts'

/** Checkpoints that a person is shown; the JSON document has more. */
const SHOWN_MAX_COUNT = 20

/** What a line leaves behind, as a table with a line above it. */
export function drawAbandoned(screen: Screen, { count, checkpoints }: Abandoned): string {
  const shown = checkpoints.slice(0, SHOWN_MAX_COUNT)
  const table = drawTable(
    screen,
    [
      { title: 'STEP', value: (row) => row.step, align: 'right' },
      { title: 'KIND', value: (row) => row.kind },
      { title: 'TIER', value: (row) => row.tier },
      { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
      { title: 'RUN', value: (row) => row.run, minWidth: 12 },
    ],
    shown,
  )
  const rest = count - shown.length
  const head = `Left behind: ${formatCount(count, 'checkpoint')}`
  return [head, table, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n')
}
