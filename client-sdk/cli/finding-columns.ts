import type { Finding } from '../../schema/transparency/finding.ts'
import type { Screen } from './screen.ts'
import { drawFacts, drawTable, type Column } from './table.ts'

/** Columns of a list of what is wrong with a log or a receipt. */
const findingColumns: readonly Column<Finding>[] = [
  { title: 'FINDING', value: (row) => row.code, style: () => 'red' },
  { title: 'WHERE', value: (row) => row.where },
  { title: 'WHAT', value: (row) => row.message, minWidth: 24 },
]

/** What was looked at, and below it all that was found wrong, or that nothing was. */
export function drawVerdict(
  screen: Screen,
  facts: Parameters<typeof drawFacts>[1],
  findings: readonly Finding[],
): string {
  const found =
    findings.length === 0
      ? screen.style('green', 'Nothing found wrong.')
      : drawTable(screen, findingColumns, findings)
  const head = drawFacts(screen, facts)
  return head === '' ? found : `${head}\n\n${found}`
}
