import { randomInt } from 'node:crypto'
import process from 'node:process'
import { exitCodes } from '../exit-code.ts'
import { write, type Report, type Session } from '../session.ts'
import { drawCrashes } from './crash-plan.ts'
import { reviewDemo, type DemoOutcome } from './demo-outcome.ts'
import { reportDemo } from './demo-report.ts'
import { performDrill } from './drill/perform-drill.ts'
import { catchInterrupts, type Interrupts } from './interrupts.ts'
import { timeWindows } from './job/parameters.ts'
import { drawKept } from './keep-up.ts'
import { narratorFor } from './narrator.ts'
import { introduce } from './introduce.ts'
import type { DemoS3, S3Choice } from './s3/open-demo-s3.ts'
import { openSetting, type Setting } from './setting.ts'
import { stagePhases } from './stage-phases.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/** How to run the demonstration. */
export interface DemoOptions {
  /** Where to write, and whether the answer is one JSON document. */
  readonly session: Session
  /** Leave the catalog up until Ctrl-C. Default: false. */
  readonly keep?: boolean
  /** Keep the states in S3, and show what becomes of them there. Default: on disk. */
  readonly s3?: S3Choice | undefined
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
 * @throws {CONFIG_INVALID | STORE_FAILED | STORE_UNSUITABLE} there is no S3, or it cannot be used
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
  const s3 = options.s3 && (await openS3(workspace, options.s3, options))
  if (s3 !== undefined) narrator.say(`The states are kept in S3: ${s3.title}, ${s3.store}.`)
  const { setting, server, token } = await openSetting({
    workspace,
    narrator,
    seed,
    partitions,
    rowsPerSecond,
    variables: session.variables,
    s3,
  })
  try {
    const staged = await stagePhases(setting, drawCrashes(seed, partitions), server)
    const reviewed = await reviewDemo(setting, staged)
    const outcome = s3 === undefined ? reviewed : await goOnInS3(setting, s3, reviewed)
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

// The AWS SDK is loaded only where it is needed: it takes longer to load than all else.
async function openS3(
  workspace: Workspace,
  choice: S3Choice,
  { session }: DemoOptions,
): Promise<DemoS3> {
  const { openDemoS3 } = await import('./s3/open-demo-s3.ts')
  return await openDemoS3(workspace, choice, session.variables)
}

async function goOnInS3(setting: Setting, s3: DemoS3, reviewed: DemoOutcome): Promise<DemoOutcome> {
  const { showBytes } = await import('./s3/show-bytes.ts')
  const shown = await showBytes(setting, s3)
  return { ...reviewed, judgements: [...reviewed.judgements, ...shown] }
}

/** Answers before the end, because the catalog stays up until someone ends it. */
async function answer(session: Session, report: Report, kept: string): Promise<void> {
  const { json, output, errors, outputScreen } = session
  if (report.hasFindings === true) process.exitCode = exitCodes.findings.code
  const text = json ? JSON.stringify(report.document) : report.text(outputScreen)
  await write(output, `${text}\n`)
  await write(json ? errors : output, `${kept}\n`)
}
