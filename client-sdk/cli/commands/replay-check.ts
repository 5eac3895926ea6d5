import type { ReplayGrade, Replayability, StepComparison } from '../../api.ts'
import type { PageIterator } from '../../page.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { required, toggle } from '../flag.ts'
import { readDigest, readName } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { plainText } from '../plain-text.ts'
import { openProgress } from '../progress.ts'
import type { Screen, Style } from '../screen.ts'
import { drawFacts, drawTable, type Column } from '../table.ts'
import { drawChanges, verdictStyles } from './compare.ts'

/** Steps that are asked for at a time. */
const PAGE_COUNT = 100

const runs = {
  left: required({ usage: '<left>', summary: 'one run' }, readName),
  right: required({ usage: '<right>', summary: 'the other' }, readName),
}

/** What comparing two runs came to; the first divergence ends it. */
interface ReplayVerdict {
  readonly verdict: StepComparison['verdict']
  readonly equalCount: number
  /** Compared, and one side did not record enough to call them equal. */
  readonly unknownCount: number
  /** Only one of the runs has a checkpoint there. */
  readonly unpairedCount: number
  readonly divergence?: StepComparison
}

const replayCheck = command({
  words: 'replay-check',
  summary: 'check that two runs of the same inputs and seeds gave the same',
  heading: 'Records',
  details:
    'Goes through both lines step by step, oldest first, and stops at the first divergence: other blobs, or other parameters, seeds, inputs, format or environment. What was not recorded is never equal. Ends with exit code 8 unless every step that both have is equal.',
  takes: { ...runs, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf, limit: PAGE_COUNT })
    const progress = openProgress(session, { label: 'comparing', unit: 'entries' })
    try {
      const steps = client.lineage.compareRuns(values.left, values.right, query)
      const found = await firstDivergence(steps, (done) => progress.show({ done }))
      return {
        document: { left: values.left, right: values.right, ...found },
        hasFindings: found.verdict !== 'equal',
        text: (screen) => drawVerdict(screen, found),
      }
    } finally {
      progress.end()
    }
  },
})

/** Nothing is kept of steps that agree, so that lines may have any length. */
async function firstDivergence(
  steps: PageIterator<StepComparison>,
  onStep: (done: number) => void,
): Promise<ReplayVerdict> {
  let [equalCount, unknownCount, unpairedCount] = [0, 0, 0]
  for await (const step of steps) {
    if (step.verdict === 'different') {
      return { verdict: 'different', equalCount, unknownCount, unpairedCount, divergence: step }
    }
    if (step.left === undefined || step.right === undefined) unpairedCount += 1
    else if (step.verdict === 'equal') equalCount += 1
    else unknownCount += 1
    onStep(equalCount + unknownCount + unpairedCount)
  }
  // Two runs that have no step in common were not shown to be equal.
  const isEqual = equalCount > 0 && unknownCount === 0
  return { verdict: isEqual ? 'equal' : 'unknown', equalCount, unknownCount, unpairedCount }
}

function drawVerdict(screen: Screen, found: ReplayVerdict): string {
  const { divergence } = found
  const facts = drawFacts(screen, [
    ['verdict', screen.style(verdictStyles[found.verdict], found.verdict)],
    ['equal', found.equalCount],
    ['unknown', found.unknownCount || undefined],
    ['on one side', found.unpairedCount || undefined],
    ['diverged at', divergence && `step ${divergence.step} (${divergence.tier})`],
    ['in', divergence && differsIn(divergence)],
    ['left', divergence?.left],
    ['right', divergence?.right],
  ])
  if (divergence === undefined) return facts
  const changes = divergence.sections.flatMap(({ section, changes: list }) =>
    list.map((change) => ({ section, ...change })),
  )
  return `${facts}\n\n${drawChanges(screen, changes)}`
}

const differsIn = ({ sections }: StepComparison): string =>
  sections
    .filter(({ verdict }) => verdict === 'different')
    .map(({ section }) => section)
    .join(', ')

const stepColumns: readonly Column<StepComparison>[] = [
  { title: 'STEP', value: (row) => row.step, align: 'right' },
  { title: 'TIER', value: (row) => row.tier },
  { title: 'VERDICT', value: (row) => row.verdict, style: (row) => verdictStyles[row.verdict] },
  { title: 'DIFFERS IN', value: differsIn, minWidth: 12 },
  { title: 'LEFT', value: (row) => row.left, minWidth: 20 },
  { title: 'RIGHT', value: (row) => row.right, minWidth: 20 },
]

const compareRuns = command({
  words: 'compare-runs',
  summary: 'compare the lines that lead to two runs, step by step',
  heading: 'Records',
  takes: { ...runs, ...listing, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    return reportList(
      values,
      (limit) =>
        client.lineage.compareRuns(values.left, values.right, {
          ...query,
          limit: Math.min(limit, PAGE_COUNT),
        }),
      { none: 'Neither run has a checkpoint.', columns: stepColumns },
    )
  },
})

const gradeStyles: Readonly<Record<ReplayGrade, Style>> = {
  exact: 'green',
  likely: 'green',
  partial: 'yellow',
  none: 'red',
}

const replayability = command({
  words: 'checkpoints replay',
  summary: 'grade how replayable a checkpoint is, and name what is missing',
  heading: 'Records',
  takes: {
    digest: required({ usage: '<digest>', summary: 'the checkpoint' }, readDigest),
    exitCode: toggle('--exit-code', 'end with exit code 8 unless the grade is exact'),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.lineage.replayability(values.digest)
    return {
      document: found,
      hasFindings: values.exitCode && found.grade !== 'exact',
      text: (screen) => drawReplayability(screen, found),
    }
  },
})

function drawReplayability(screen: Screen, found: Replayability): string {
  const facts = drawFacts(screen, [
    ['checkpoint', found.checkpoint],
    ['replay', screen.style(gradeStyles[found.grade], found.grade)],
    ['missing', found.missingCount || undefined],
  ])
  if (found.missing.length === 0) return facts
  const table = drawTable(
    screen,
    [
      { title: 'WEIGHT', value: (row) => row.weight },
      { title: 'MISSING', value: (row) => row.code },
      { title: 'WHAT TO DO', value: (row) => plainText(row.message), ownLine: true },
    ],
    found.missing,
  )
  return `${facts}\n\n${table}`
}

export const replayCommands = [replayability, compareRuns, replayCheck] as const
