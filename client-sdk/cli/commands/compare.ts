import type { Change, Comparison, Json, SectionComparison, Verdict } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { required, toggle } from '../flag.ts'
import { readDigest } from '../flag-values.ts'
import type { Screen, Style } from '../screen.ts'
import { drawFacts, drawTable } from '../table.ts'

export const compare = command({
  words: 'compare',
  summary: 'compare parameters, seeds, inputs, format and environment of two checkpoints',
  heading: 'Records',
  takes: {
    left: required({ usage: '<left>', summary: 'one checkpoint' }, readDigest),
    right: required({ usage: '<right>', summary: 'the other' }, readDigest),
    exitCode: toggle('--exit-code', 'end with exit code 8 unless they are equal'),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.lineage.compare(values.left, values.right)
    return {
      document: found,
      hasFindings: values.exitCode && found.verdict !== 'equal',
      text: (screen) => drawComparison(screen, found),
    }
  },
})

/** How a verdict stands out. */
export const verdictStyles: Readonly<Record<Verdict, Style>> = {
  equal: 'green',
  different: 'yellow',
  unknown: 'dim',
}

/** The verdict of each section, and below it every value that differs. */
export function drawComparison(screen: Screen, found: Comparison): string {
  const facts = drawFacts(screen, [
    ['left', found.left],
    ['right', found.right],
  ])
  const verdict = screen.style(verdictStyles[found.verdict], found.verdict)
  const sections = drawTable(
    screen,
    [
      { title: 'SECTION', value: (row) => row.section, minWidth: 12 },
      { title: 'VERDICT', value: (row) => row.verdict, style: (row) => verdictStyles[row.verdict] },
      { title: 'CHANGES', value: changesOf, align: 'right' },
    ],
    found.sections,
  )
  const changes = found.sections.flatMap(({ section, changes: list }) =>
    list.map((change) => ({ section, ...change })),
  )
  const parts = [`${facts}\n${verdict}`, sections]
  if (changes.length > 0) parts.push(drawChanges(screen, changes))
  return parts.join('\n\n')
}

function changesOf({ changes, truncated }: SectionComparison): string {
  if (changes.length === 0) return ''
  return `${changes.length}${truncated ? '+' : ''}`
}

/** Values that differ, with the section that each is in. */
export function drawChanges(
  screen: Screen,
  changes: readonly (Change & { readonly section: string })[],
): string {
  return drawTable(
    screen,
    [
      { title: 'SECTION', value: (row) => row.section, minWidth: 12 },
      { title: 'VALUE', value: (row) => row.path || '/', minWidth: 12 },
      { title: 'LEFT', value: (row) => textOf(row.left), minWidth: 8 },
      { title: 'RIGHT', value: (row) => textOf(row.right), minWidth: 8 },
    ],
    changes,
  )
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}
