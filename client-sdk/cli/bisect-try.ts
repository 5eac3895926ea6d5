import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { CheckpointSummary } from '../api.ts'
import type { CatalogClient } from '../client.ts'
import type { BisectOutcome } from './bisect-search.ts'
import type { s3Flags } from './blob-stores.ts'
import type { ValuesOf } from './command.ts'
import { restorePlan } from './restore-plan.ts'
import type { Session } from './session.ts'

/** The exit code by which a command says that a checkpoint cannot be tried, as for `git bisect run`. */
const SKIP_CODE = 125
/** Exit codes above mean that the command was stopped or cannot go on, as for `git bisect run`. */
const BAD_MAX_CODE = 127

/** How a checkpoint is tried: by the command, on the state in a folder if it is restored. */
export interface Trial {
  readonly command: readonly string[]
  readonly restore: boolean
  readonly stores: ValuesOf<typeof s3Flags>
}

/** What a try of a checkpoint said, and by which exit code; a state that could not be restored has none. */
export interface Tried {
  readonly outcome: BisectOutcome
  readonly exitCode?: number
  readonly why?: string
}

/**
 * Tries a checkpoint with the command; a restored state is in a folder of its own that is removed afterwards.
 *
 * @throws {ABORTED} the command was stopped, cannot be started, or ended with a code above 127
 */
export async function tryCheckpoint(
  session: Session,
  client: CatalogClient,
  { checkpoint, trial }: { readonly checkpoint: CheckpointSummary; readonly trial: Trial },
): Promise<Tried> {
  if (!trial.restore) return judge(await runTrial(session, { checkpoint, trial }))
  const folder = await mkdtemp(join(tmpdir(), 'cairn-bisect-'))
  try {
    const { job, partition, checkpoint: digest } = checkpoint
    const plan = await client.recovery.plan({ job, partition, checkpoint: digest })
    await restorePlan(session, plan, {
      ...trial.stores,
      into: folder,
      ownership: undefined,
      unreported: true,
    })
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    if (!isCatalogError(error) || error.retryable) throw error
    return { outcome: 'skip', why: `${error.code}: ${error.message}` }
  }
  try {
    return judge(await runTrial(session, { checkpoint, trial, folder }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function judge(exitCode: number): Tried {
  if (exitCode === 0) return { outcome: 'good', exitCode }
  return { outcome: exitCode === SKIP_CODE ? 'skip' : 'bad', exitCode }
}

/** Runs the command to its end; what it writes goes to stderr, because stdout is the answer's. */
function runTrial(
  { variables }: Session,
  tried: {
    readonly checkpoint: CheckpointSummary
    readonly trial: Trial
    readonly folder?: string
  },
): Promise<number> {
  const { checkpoint, trial, folder } = tried
  const [program = '', ...rest] = trial.command
  const child = spawn(program, rest, {
    stdio: ['ignore', 2, 2],
    env: { ...variables, ...variablesOf(checkpoint), ...(folder && { CAIRN_STATE: folder }) },
  })
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(stopped(`The command "${program}" cannot be started: ${cause.message}.`, cause))
    })
    child.once('close', (code, signal) => {
      if (code !== null && code <= BAD_MAX_CODE) return resolve(code)
      const how = code === null ? `was stopped by ${signal ?? 'a signal'}` : `ended with ${code}`
      reject(
        stopped(`The command ${how} at step ${checkpoint.step}, which says neither good nor bad.`),
      )
    })
  })
}

/** What the command is told of the checkpoint. */
function variablesOf(checkpoint: CheckpointSummary): Readonly<Record<string, string>> {
  return {
    CAIRN_NAMESPACE: checkpoint.namespace,
    CAIRN_CHECKPOINT: checkpoint.checkpoint,
    CAIRN_STEP: String(checkpoint.step),
    CAIRN_RUN: checkpoint.run,
    CAIRN_ATTEMPT: String(checkpoint.attempt),
    CAIRN_JOB: checkpoint.job,
    CAIRN_PARTITION: checkpoint.partition,
  }
}

const stopped = (message: string, cause?: unknown): CatalogError =>
  new CatalogError('ABORTED', `${message} Exit codes up to 127 judge a checkpoint; 125 skips it.`, {
    cause,
  })
