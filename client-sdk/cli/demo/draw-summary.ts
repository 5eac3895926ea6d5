import type { RecoveryPlan } from '../../api.ts'
import { formatBytes, formatCount } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import { drawFacts, drawTable } from '../table.ts'
import { redoneSteps, type Crash, type PhaseStory } from './job-story.ts'
import type { Judgement } from './judge.ts'
import type { Stock } from './take-stock.ts'

/** Digits of a digest that tell two results apart by eye. */
const DIGITS = 12

/** A crash, and what it cost, in milliseconds. */
export interface CrashCost {
  readonly phase: string
  readonly crash: Crash
  /** What it would have cost to begin again: the same restart, and every step up to the crash. */
  readonly withoutCheckpointsMs: number
}

/** Reckons what each crash cost, with the undisturbed run's pace for what did not happen. */
export function reckonCrashes(phases: readonly PhaseStory[]): readonly CrashCost[] {
  const [undisturbed] = phases
  return phases.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partition, crashes }) => {
      const pace = undisturbed?.partitions.find((one) => one.partition === partition)
      const stepMs = pace === undefined ? 0 : pace.trainingMs / pace.stepCount
      return crashes.map((crash) => ({
        phase: name,
        crash,
        withoutCheckpointsMs: crash.downMs + crash.atStep * stepMs,
      }))
    }),
  )
}

/** What a restart was told to fetch, and with which generators it went on. */
export function drawRecovery(screen: Screen, plan: RecoveryPlan): string {
  const bytesOf = ({ blobs }: RecoveryPlan['stages'][number]) =>
    blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0)
  const stages = drawTable(
    screen,
    [
      { title: 'FETCH', value: (stage) => plan.stages.indexOf(stage) + 1, align: 'right' },
      { title: 'STEP', value: ({ step }) => step, align: 'right' },
      { title: 'KIND', value: ({ kind }) => kind },
      { title: 'SIZE', value: (stage) => formatBytes(bytesOf(stage)), align: 'right' },
      { title: 'CHECKPOINT', value: ({ checkpoint }) => shorten(checkpoint) },
    ],
    plan.stages,
  )
  const [full] = plan.stages
  const fullBytes = full === undefined ? 0 : bytesOf(full)
  const seeds = plan.seeds.flatMap(({ rank, seeds: own }) =>
    own.map(
      ({ generator, seed, stateBlob }) =>
        `rank ${rank}: ${generator}, seed ${seed ?? '-'}, state in ${stateBlob ?? '-'}`,
    ),
  )
  const facts = drawFacts(screen, [
    ['fetches', `${formatBytes(plan.totalBytes)} in ${formatCount(plan.blobCount, 'blob')}`],
    ['as fulls', `${formatBytes(fullBytes * plan.stages.length)} would have been written`],
    ...seeds.map((seed): [string, string] => ['generator', seed]),
    ['data', plan.inputs.map(({ name, version }) => `${name} ${version ?? ''}`).join(', ')],
  ])
  return `${stages}\n\n${facts}`
}

/** Every crash, with what it cost and what it would have cost. */
export function drawCrashes(screen: Screen, costs: readonly CrashCost[]): string {
  return drawTable(
    screen,
    [
      { title: 'KILLED', value: ({ crash }) => crash.partition },
      { title: 'WHILE', value: ({ phase }) => phase },
      { title: 'AT STEP', value: ({ crash }) => crash.atStep, align: 'right' },
      { title: 'WENT ON FROM', value: ({ crash }) => crash.next.from?.step ?? 0, align: 'right' },
      { title: 'REDONE', value: ({ crash }) => redoneSteps(crash), align: 'right' },
      { title: 'LOST', value: ({ crash }) => seconds(crash.regainedMs), align: 'right' },
      {
        title: 'WITHOUT CHECKPOINTS',
        value: ({ withoutCheckpointsMs }) => seconds(withoutCheckpointsMs),
        align: 'right',
      },
    ],
    costs,
  )
}

/** The results by partition: what was learnt, and whether it is the same with and without crashes. */
export function drawResults(screen: Screen, phases: readonly PhaseStory[], stock: Stock): string {
  const [undisturbed, ...disturbed] = phases
  const resultOf = (phase: PhaseStory | undefined, partition: string) =>
    phase?.partitions.find((one) => one.partition === partition)?.result
  return drawTable(
    screen,
    [
      { title: 'HOURS', value: ({ partition }) => partition },
      { title: 'STEPS', value: ({ stepCount }) => stepCount, align: 'right' },
      {
        title: 'LOG LOSS',
        value: ({ result }) => `${result.baselineLoss.toFixed(4)} → ${result.logLoss.toFixed(4)}`,
      },
      { title: 'WEIGHTS, SHA-256', value: ({ result }) => shorten(result.weights) },
      ...disturbed.map((phase) => ({
        title: phase.name.toUpperCase(),
        value: ({ partition, result }: PhaseStory['partitions'][number]) =>
          resultOf(phase, partition)?.weights === result.weights ? '= same' : 'DIFFERENT',
        style: ({ partition, result }: PhaseStory['partitions'][number]) =>
          resultOf(phase, partition)?.weights === result.weights
            ? ('green' as const)
            : ('red' as const),
      })),
      {
        title: 'RESTORED',
        value: ({ partition, result }) =>
          stock.partitions
            .filter((one) => one.partition === partition)
            .every((one) => one.restoredWeights === result.weights)
            ? '= same'
            : 'DIFFERENT',
      },
    ],
    undisturbed?.partitions ?? [],
  )
}

/** Every promise, whether it held, and what differs if not. */
export function drawJudgements(
  screen: Screen,
  judgements: readonly Judgement[],
): readonly string[] {
  return judgements.flatMap(({ promise, evidence, differences }) => {
    const holds = differences.length === 0
    const mark = holds ? screen.style('green', '✔') : screen.style('red', '✘')
    return [
      `  ${mark} ${promise}`,
      `    ${screen.style('dim', evidence)}`,
      ...differences.map((difference) => `    ${screen.style('red', difference)}`),
    ]
  })
}

function shorten(digest: string): string {
  return digest.replace('sha256:', '').slice(0, DIGITS)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
