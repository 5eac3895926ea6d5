import { formatBytes, formatCount } from '../../quantity.ts'
import type { Report, Session } from '../../session.ts'
import type { Screen } from '../../screen.ts'
import { drawSkipped } from '../../skipped.ts'
import { plainText } from '../../plain-text.ts'
import { drawTable } from '../../table.ts'
import { narratorFor } from '../narrator.ts'
import { openSetting } from '../setting.ts'
import type { Workspace } from '../workspace.ts'
import { actsOf, playAct, type Played } from './acts.ts'
import { trainForDrill, writeBuckets, type DrillJob, type SavedState } from './drill-job.ts'

/** How to run the drill. */
export interface DrillOptions {
  readonly session: Session
  /** Decides the training. */
  readonly seed: string
}

/**
 * Trains and saves states in two regions; then loses bytes, a region and a library, one after the other. Each time
 * a drill says beforehand what will be, the job goes on from the right older state, and ends at the same bits.
 *
 * @throws {CONFIG_INVALID} the data is not installed
 * @throws {STORAGE_UNAVAILABLE} the catalog did not start
 */
export async function performDrill(
  workspace: Workspace,
  { session, seed }: DrillOptions,
): Promise<Report> {
  const startedMs = performance.now()
  const narrator = narratorFor(session)
  const { screen } = narrator
  narrator.say(
    screen.style('bold', 'Cairn: a job that loses its states, and goes on from the right one'),
    '',
    `A training on public flights saves five states in two regions. Seed ${seed} decides it.`,
  )
  const { setting } = await openSetting({
    workspace,
    narrator,
    seed,
    partitions: [],
    rowsPerSecond: 0,
    variables: session.variables,
    bucketsFile: await writeBuckets(workspace.directory),
  })
  try {
    const job = await trainForDrill(setting)
    narrator.say('', drawStates(screen, job.states))
    const played: Played[] = []
    for (const act of actsOf(setting, job)) {
      narrator.say('', screen.style('bold', `${played.length + 1}  ${act.title}`))
      const done = await playAct(setting, job, act)
      played.push(done)
      narrator.say(...tellAct(screen, done))
    }
    return reportDrill(job, played, { seed, durationMs: performance.now() - startedMs })
  } finally {
    await setting.catalog.close()
  }
}

function drawStates(screen: Screen, states: readonly SavedState[]): string {
  return drawTable(
    screen,
    [
      { title: 'STEP', value: (row) => row.step, align: 'right' },
      { title: 'KIND', value: (row) => row.kind },
      { title: 'REGION', value: (row) => row.region },
      { title: 'LIBRARY', value: (row) => row.version },
    ],
    states,
  )
}

/** Why the job goes on from where it does. */
function tellAct(
  screen: Screen,
  { foretold, plan, abandonedCount, attempt }: Played,
): readonly string[] {
  const said =
    foretold === undefined
      ? 'The drill foretold nothing.'
      : `The drill foretold: from step ${foretold.from.step} back to ${foretold.to?.step ?? 'nothing'}, ${foretold.reason}; ${formatCount(foretold.lostSteps, 'step')} of work lost.`
  const chain = formatCount(plan.stages.length, 'stage')
  return [
    said,
    ...(plan.skipped.length === 0 ? [] : [drawSkipped(screen, plan.skipped)]),
    `${screen.style('green', `Attempt ${attempt}`)} goes on from step ${plan.step}: ${chain}, ${formatBytes(plan.totalBytes)}; ${formatCount(abandonedCount, 'checkpoint')} left behind.`,
  ]
}

/** What was promised of an act and did not come. */
function differencesOf({ undisturbed }: DrillJob, played: Played): readonly string[] {
  const { foretold, plan, rightStep, weights } = played
  return [
    ...(plan.step === rightStep ? [] : [`it went on from step ${plan.step}, not ${rightStep}`]),
    ...(foretold?.to?.checkpoint === plan.checkpoint
      ? []
      : [`the drill foretold step ${foretold?.to?.step ?? 'none'}`]),
    ...(weights === undisturbed ? [] : ['the final weights are not those of a calm training']),
  ]
}

function reportDrill(
  job: DrillJob,
  played: readonly Played[],
  { seed, durationMs }: { readonly seed: string; readonly durationMs: number },
): Report {
  const acts = played.map((one) => ({
    title: one.title,
    foretold: one.foretold,
    resumedFrom: { checkpoint: one.plan.checkpoint, step: one.plan.step },
    passedOver: one.plan.skipped,
    attempt: one.attempt,
    abandonedCount: one.abandonedCount,
    differences: differencesOf(job, one),
  }))
  const isAsPromised = acts.every(({ differences }) => differences.length === 0)
  return {
    document: { seed, durationMs: Math.round(durationMs), states: job.states, acts },
    text: (screen) =>
      [
        '',
        ...acts.map(({ title, resumedFrom, differences }) =>
          differences.length === 0
            ? `${screen.style('green', '✓')} ${title}: step ${resumedFrom.step}, as foretold, and the same weights in the end`
            : `${screen.style('red', '✗')} ${title}: ${plainText(differences.join('; '))}`,
        ),
        '',
        isAsPromised
          ? `All as promised, in ${(durationMs / 1000).toFixed(1)} s.`
          : `Not as promised; seed ${seed} shows it again.`,
      ].join('\n'),
    hasFindings: !isAsPromised,
  }
}
