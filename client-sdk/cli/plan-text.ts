import type { RecoveryPlan } from '../api.ts'
import { formatBytes, formatCount } from './quantity.ts'
import type { Screen } from './screen.ts'
import { drawSkipped } from './skipped.ts'
import { drawFacts, drawTable } from './table.ts'
import { plainText } from './plain-text.ts'

/** A plan in one line, such as `step 120: full + 2 deltas, 3 blobs, 1.21 GiB`. */
export function summarizePlan(plan: RecoveryPlan): string {
  const deltaCount = plan.stages.length - 1
  const chain = deltaCount < 1 ? 'full' : `full + ${formatCount(deltaCount, 'delta')}`
  const blobs = formatCount(plan.blobCount, 'blob')
  return `step ${plan.step}: ${chain}, ${blobs}, ${formatBytes(plan.totalBytes)}`
}

/** A plan: what to fetch in order, what the state needs besides, and what to know about it. */
export function drawPlan(screen: Screen, plan: RecoveryPlan): string {
  const facts = drawFacts(screen, [
    ['job', plan.job],
    ['partition', plan.partition],
    ['checkpoint', plan.checkpoint],
    ['step', plan.step],
    ['as of', plan.asOf],
    ['to fetch', `${formatCount(plan.blobCount, 'blob')}, ${formatBytes(plan.totalBytes)}`],
    [
      'seeds',
      `${plan.seedCoverage.seededCount} of ${formatCount(plan.seedCoverage.rankCount, 'rank')}`,
    ],
    ['inputs', plan.inputs.map((input) => input.name).join(', ')],
    [
      'format',
      plan.format === undefined ? undefined : `${plan.format.name}@${plan.format.version}`,
    ],
    ['parameters', textOfJson(plan.parameters)],
    ['progress', textOfJson(plan.progress)],
    ['environment', plan.environment?.digest],
  ])
  const stages = drawTable(
    screen,
    [
      { title: 'ORDER', value: (row) => plan.stages.indexOf(row) + 1, align: 'right' },
      { title: 'STEP', value: (row) => row.step, align: 'right' },
      { title: 'KIND', value: (row) => row.kind },
      { title: 'BLOBS', value: (row) => row.blobs.length, align: 'right' },
      {
        title: 'SIZE',
        value: (row) => formatBytes(row.blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0)),
        align: 'right',
      },
      { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
    ],
    plan.stages,
  )
  const parts = [facts, stages, ...planNotes(screen, plan)]
  return parts.join('\n\n')
}

/** What to know of a plan before using it: warnings, and what was passed over. */
export function planNotes(
  screen: Screen,
  plan: Pick<RecoveryPlan, 'warnings' | 'skipped'>,
): readonly string[] {
  const warnings = plan.warnings.map(
    (warning) => `${screen.style('yellow', warning.code)}  ${plainText(warning.message)}`,
  )
  return [
    ...(warnings.length === 0 ? [] : [warnings.join('\n')]),
    ...(plan.skipped.length === 0 ? [] : [drawSkipped(screen, plan.skipped)]),
  ]
}

function textOfJson(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}
