import { chmod, open, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isCatalogError } from '../../../../schema/errors.ts'
import type { Digest, DrillFinding, Fault, PlanRecovery, RecoveryPlan } from '../../../api.ts'
import { restore } from '../../../restore/restore.ts'
import type { Setting } from '../setting.ts'
import { DRILL_JOB, folderOf, library, type DrillJob } from './drill-job.ts'

/** Something that is lost, and from where the job must go on then. */
export interface Act {
  readonly title: string
  /** What a drill is asked before it happens. */
  readonly faults: readonly Fault[]
  /** The step of the right state, which the script of the states gives. */
  readonly rightStep: number
  /** Makes it happen; what a plan is asked with from then on. */
  readonly happen: (plan: RecoveryPlan) => Promise<Omit<PlanRecovery, 'job'>>
}

/** What came of an act. */
export interface Played {
  readonly title: string
  readonly rightStep: number
  /** What the drill said beforehand. */
  readonly foretold: DrillFinding | undefined
  readonly plan: RecoveryPlan
  /** What the resume left behind of the line. */
  readonly abandonedCount: number
  readonly attempt: number
  /** Weights where the undisturbed training ended too. */
  readonly weights: Digest
}

/** The three losses, each on top of those before. */
export function actsOf(setting: Setting, { states, environments }: DrillJob): readonly Act[] {
  const newest = states.at(-1)
  const environment = environments.get('1')
  if (newest === undefined || environment === undefined) throw new Error('states were saved')
  const lost: Fault = { fault: 'region-lost', region: 'south' }
  const unavailable = { regions: ['south'] }
  return [
    {
      title: 'The newest state’s bytes are not what they were',
      faults: [{ fault: 'checkpoint-corrupt', checkpoint: newest.checkpoint }],
      rightStep: 160,
      happen: async (plan) => {
        await flipByte(plan)
        await failToRestore(setting, plan)
        return {}
      },
    },
    {
      title: 'The region of its base is lost',
      faults: [lost],
      rightStep: 80,
      happen: async () => {
        const folder = folderOf(setting.workspace.directory, 'south')
        await rm(folder, { recursive: true })
        return { unavailable }
      },
    },
    {
      title: 'The environment is another: the library is back at version 1',
      faults: [lost, { fault: 'library-upgraded', ...library, version: '1' }],
      rightStep: 40,
      happen: async () => ({ unavailable, environment }),
    },
  ]
}

/** Asks a drill, lets it happen, plans, opens a run from the state that is left, and goes on from it. */
export async function playAct(
  { catalog }: Setting,
  job: DrillJob,
  { title, faults, rightStep, happen }: Act,
): Promise<Played> {
  const place = { job: DRILL_JOB, partition: job.partition }
  const { items } = await catalog.drills.plan({ ...place, faults })
  const wanted = await happen(await catalog.recovery.plan(place))
  const plan = await catalog.recovery.plan({ ...place, ...wanted })
  const { run, abandons } = await catalog.runs.resume({
    ...place,
    resume: plan.checkpoint,
    rewind: true,
  })
  const weights = await job.goOn(plan)
  return {
    title,
    rightStep,
    foretold: items[0],
    plan,
    abandonedCount: abandons.count,
    attempt: run.attempt,
    weights,
  }
}

/** Changes a byte in the middle of a state's first blob, as a failing disk does. */
async function flipByte({ stages }: RecoveryPlan): Promise<void> {
  const [blob] = stages.at(-1)?.blobs ?? []
  if (blob === undefined) throw new Error('a state has blobs')
  const path = fileURLToPath(blob.uri)
  await chmod(path, 0o600)
  const file = await open(path, 'r+')
  try {
    const at = Math.floor(blob.sizeBytes / 2)
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at)
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, at)
  } finally {
    await file.close()
  }
}

/** Restores what cannot be restored; the catalog is told, as by any job that finds it out. */
async function failToRestore({ catalog, workspace }: Setting, plan: RecoveryPlan): Promise<void> {
  try {
    const into = `${workspace.directory}/restored/corrupt`
    // This state and no other: what is left is for the plan to say.
    await restore(plan, { into, client: catalog, candidates: 1 })
  } catch (error) {
    if (isCatalogError(error) && error.code === 'BLOB_CORRUPT') return
    throw error
  }
  throw new Error('a flipped byte was not found')
}
