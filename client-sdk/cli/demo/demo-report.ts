import { formatBytes, formatCount } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import type { Report } from '../session.ts'
import type { DemoOutcome, RestartExample } from './demo-outcome.ts'
import { drawAttempts } from './draw-lineage.ts'
import { drawCrashes, drawJudgements, drawRecovery, drawResults } from './draw-summary.ts'
import { CHECKPOINT_EVERY_STEPS } from './job/parameters.ts'
import { redoneSteps } from './job-story.ts'

/** What a report says beside the outcome. */
export interface DemoFacts {
  readonly seed: string
  readonly durationMs: number
}

/** A demonstration as an answer: a document for programs, a page for people. */
export function reportDemo(outcome: DemoOutcome, facts: DemoFacts): Report {
  return {
    document: documentOf(outcome, facts),
    text: (screen) => drawPage(screen, outcome, facts),
    hasFindings: hasFindings(outcome),
  }
}

function hasFindings({ judgements }: DemoOutcome): boolean {
  return judgements.some(({ differences }) => differences.length > 0)
}

function drawPage(screen: Screen, outcome: DemoOutcome, facts: DemoFacts): string {
  const { phases, stock, judgements, costs, example } = outcome
  const title = (text: string) => screen.style('bold', text)
  const sections = [
    ...(example === undefined ? [] : drawExample(screen, example)),
    title('What the crashes cost'),
    drawCrashes(screen, costs),
    title('What came out'),
    drawResults(screen, phases, stock),
    title('What was promised'),
    drawJudgements(screen, judgements).join('\n'),
    drawEnd(screen, outcome, facts),
  ]
  return `\n${sections.join('\n\n')}`
}

function drawExample(screen: Screen, example: RestartExample): readonly string[] {
  const { story, crash, plan, attempts } = example
  const { partition } = story
  return [
    screen.style(
      'bold',
      `How ${partition} came back after it was killed at step ${crash.atStep}: the recovery plan`,
    ),
    drawRecovery(screen, plan),
    screen.style('bold', `Where the final state of ${partition} comes from`),
    [
      ...drawAttempts(screen, attempts, CHECKPOINT_EVERY_STEPS),
      screen.style('dim', '◆ full  ○ delta  ● final  ✗ killed  ╰ restored from the one above'),
    ].join('\n'),
  ]
}

function drawEnd(screen: Screen, outcome: DemoOutcome, facts: DemoFacts): string {
  const { stock, judgements } = outcome
  const checkpoints = stock.partitions.flatMap((one) => one.checkpoints)
  const deltaCount = checkpoints.filter(({ kind }) => kind === 'delta').length
  const saved = outcome.phases.flatMap(({ partitions }) => partitions.flatMap((one) => one.saved))
  const bytes = saved.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const counts = `${formatCount(checkpoints.length, 'checkpoint')} (${formatCount(deltaCount, 'delta')}), ${formatBytes(bytes)}`
  const time = `${(facts.durationMs / 1000).toFixed(0)} s`
  if (!hasFindings(outcome)) {
    return `${screen.style('green', 'All as promised.')} ${counts}, in ${time}. Again: --seed ${facts.seed}`
  }
  const count = judgements.filter(({ differences }) => differences.length > 0).length
  return `${screen.style('red', `${formatCount(count, 'promise')} not kept.`)} ${counts}, in ${time}. Again: --seed ${facts.seed}`
}

function documentOf(outcome: DemoOutcome, { seed, durationMs }: DemoFacts): unknown {
  const { phases, stock, judgements, costs, example } = outcome
  return {
    ok: !hasFindings(outcome),
    seed,
    durationMs: Math.round(durationMs),
    promises: judgements.map(({ promise, evidence, differences }) => ({
      promise,
      kept: differences.length === 0,
      evidence,
      differences,
    })),
    phases: phases.map((phase) => ({
      name: phase.name,
      job: phase.job,
      durationMs: Math.round(phase.durationMs),
      partitions: phase.partitions.map(({ partition, attempts, saved, result, stepCount }) => ({
        partition,
        stepCount,
        attemptCount: attempts.length,
        checkpointCount: saved.length,
        spooledCount: saved.filter(({ status }) => status === 'spooled').length,
        weights: result.weights,
        logLoss: result.logLoss,
        baselineLoss: result.baselineLoss,
      })),
    })),
    crashes: costs.map(({ phase, crash, withoutCheckpointsMs }) => ({
      phase,
      partition: crash.partition,
      attempt: crash.attempt,
      atStep: crash.atStep,
      fromStep: crash.next.from?.step ?? 0,
      redoneSteps: redoneSteps(crash),
      spooledCount: crash.waitingCount,
      lostMs: Math.round(crash.regainedMs),
      withoutCheckpointsMs: Math.round(withoutCheckpointsMs),
    })),
    log: { entryCount: stock.entryCount, checkpointCount: stock.registered.size },
    ...(example === undefined
      ? {}
      : {
          plan: example.plan,
          lineage: { root: example.finalCheckpoint, attempts: example.attempts },
        }),
  }
}
