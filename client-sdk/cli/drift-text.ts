import type { Drift } from '../api.ts'
import { plainText } from './plain-text.ts'
import type { Screen } from './screen.ts'
import { drawTable } from './table.ts'

/** Changes that a person is shown; the JSON document has more of them. */
const SHOWN_MAX_COUNT = 20
/** What a value is cut to in a table. */
const VALUE_MAX_LENGTH = 24

/** How what is run differs from what made a state, as a table with a line above it. */
export function drawDrift(screen: Screen, drift: Drift): string {
  const changes = drift.sections.flatMap(({ section, changes: found }) =>
    found.map((change) => ({ section, ...change })),
  )
  const head = `Drift: ${drift.severity ?? 'none'}, ${drift.verdict}${drift.acknowledged === undefined ? '' : ` (acknowledged at ${drift.acknowledged})`}`
  if (changes.length === 0) return head
  const count = drift.sections.reduce((sum, { changeCount }) => sum + changeCount, 0)
  const shown = changes.slice(0, SHOWN_MAX_COUNT)
  const table = drawTable(
    screen,
    [
      { title: 'SEVERITY', value: (row) => row.severity },
      { title: 'SECTION', value: (row) => row.section, minWidth: 8 },
      { title: 'FACT', value: (row) => (row.fact === '' ? 'all of it' : row.fact), minWidth: 8 },
      { title: 'RECORDED', value: (row) => textOf(row.recorded), minWidth: 8 },
      { title: 'CURRENT', value: (row) => textOf(row.current), minWidth: 8 },
    ],
    shown,
  )
  const rest = count - shown.length
  return [head, table, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n')
}

/** Reads what an error tells of a difference; anything else is none. */
export function parseDrift(value: unknown): Drift | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return 'sections' in value && Array.isArray(value.sections) && 'verdict' in value
    ? (value as Drift)
    : undefined
}

function textOf(value: unknown): string {
  if (value === undefined) return 'not recorded'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return plainText(text.length > VALUE_MAX_LENGTH ? `${text.slice(0, VALUE_MAX_LENGTH)}…` : text)
}
