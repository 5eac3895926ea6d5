import { randomInt } from 'node:crypto'
import process from 'node:process'
import { exitCodes } from '../exit-code.ts'
import { write, type Report, type Session } from '../session.ts'
import { drawCrashes } from './crash-plan.ts'
import { reviewDemo } from './demo-outcome.ts'
import { reportDemo } from './demo-report.ts'
import { performDrill } from './drill/perform-drill.ts'
import { catchInterrupts, type Interrupts } from './interrupts.ts'
import { timeWindows } from './job/parameters.ts'
import { drawKept } from './keep-up.ts'
import { narratorFor } from './narrator.ts'
import { introduce } from './introduce.ts'
import { openSetting } from './setting.ts'
import { stagePhases } from './stage-phases.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/** How to run the demonstration. */
export interface DemoOptions {
  /** Where to write, and whether the answer is one JSON document. */
  readonly session: Session
  /** Leave the catalog up until Ctrl-C. Default: false. */
  readonly keep?: boolean
  /** Lose bytes, a region and a library, instead of processes. Default: false. */
  readonly drill?: boolean
  /** Decides the crashes and the training. Default: drawn, and told. */
  readonly seed?: number | undefined
  /** Most rows that a job trains on in a second. Default: 40,000, which makes a run last some seven seconds. */
  readonly rowsPerSecond?: number
  /** Parts of the day to train on. Default: all four. */
  readonly partitions?: readonly string[]
}

const ROWS_PER_SECOND = 40_000
/** Seeds that are drawn have up to six digits: easy to type again. */
const SEED_SPAN = 1_000_000

/**
 * Runs a training job on public data three times: undisturbed, killed at random instants, and with the catalog
 * killed; then compares the results to the last bit. With `drill`, its states are lost instead, one after the other.
 *
 * Leaves no process and no file behind, also on Ctrl-C. With `keep` it writes its answer itself, returns nothing,
 * and sets the exit code.
 *
 * @throws {CONFIG_INVALID} the data is not installed
 * @throws {STORAGE_UNAVAILABLE} the catalog did not start
 * @throws {INTERNAL} a job failed by itself
 */
export async function runDemo(options: DemoOptions): Promise<Report | undefined> {
  const interrupts = catchInterrupts()
  try {
    const workspace = await openWorkspace()
    try {
      const performed =
        options.drill === true
          ? performDrill(workspace, { ...options, seed: seedOf(options) })
          : perform(workspace, options, interrupts)
      // Once interrupted, nobody waits for it, and it fails because its processes are gone.
      performed.catch(() => undefined)
      const ended = await Promise.race([performed, interrupts.caught])
      return typeof ended === 'string' ? undefined : ended
    } finally {
      await workspace.close()
    }
  } finally {
    interrupts.release()
  }
}

const seedOf = ({ seed }: DemoOptions): string => String(seed ?? randomInt(SEED_SPAN))

async function perform(
  workspace: Workspace,
  options: DemoOptions,
  interrupts: Interrupts,
): Promise<Report | undefined> {
  const startedMs = performance.now()
  const { session } = options
  const seed = seedOf(options)
  const partitions = options.partitions ?? timeWindows.map(({ partition }) => partition)
  const rowsPerSecond = options.rowsPerSecond ?? ROWS_PER_SECOND
  const narrator = narratorFor(session)
  narrator.say(...(await introduce(narrator.screen, { seed, rowsPerSecond })))
  const { setting, server, token } = await openSetting({
    workspace,
    narrator,
    seed,
    partitions,
    rowsPerSecond,
    variables: session.variables,
  })
  try {
    const staged = await stagePhases(setting, drawCrashes(seed, partitions), server)
    const outcome = await reviewDemo(setting, staged)
    const report = reportDemo(outcome, { seed, durationMs: performance.now() - startedMs })
    if (options.keep !== true) return report
    const kept = { ...setting, url: server.url, token, example: outcome.example }
    await answer(session, report, drawKept(session.outputScreen, kept))
    await interrupts.caught
    return undefined
  } finally {
    narrator.rest()
    await setting.catalog.close()
  }
}

/** Answers before the end, because the catalog stays up until someone ends it. */
async function answer(session: Session, report: Report, kept: string): Promise<void> {
  const { json, output, errors, outputScreen } = session
  if (report.hasFindings === true) process.exitCode = exitCodes.findings.code
  const text = json ? JSON.stringify(report.document) : report.text(outputScreen)
  await write(output, `${text}\n`)
  await write(json ? errors : output, `${kept}\n`)
}
