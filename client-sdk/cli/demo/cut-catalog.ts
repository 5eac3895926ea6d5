import { setTimeout as delay } from 'node:timers/promises'
import { CatalogError } from '../../../schema/errors.ts'
import type { CatalogServer } from './catalog-server.ts'
import type { Outage } from './crash-plan.ts'
import { shareDone } from './draw-standing.ts'
import type { JobSupervisor } from './job-supervisor.ts'
import type { Say } from './run-phase.ts'
import { latestSteps, type Setting } from './setting.ts'

/** An outage of the catalog, as it went. */
export interface OutageStory {
  /** From the kill until it answered again, in milliseconds. */
  readonly downMs: number
  /** Steps of the latest good checkpoints, by partition: just before it was killed, and just after it was back. */
  readonly latestBefore: ReadonlyMap<string, number>
  readonly latestAfter: ReadonlyMap<string, number>
  /** The job that was killed meanwhile; undefined when none was training. */
  readonly killedPartition: string | undefined
}

const POLL_MS = 20
/** Longest wait for the jobs to get so far; they take seconds. */
const WAIT_MAX_MS = 60_000

/**
 * Kills the catalog while the jobs train, kills a job while it is away, and starts it again.
 *
 * @throws {INTERNAL} the jobs did not get so far
 */
export async function cutCatalog(
  setting: Setting,
  {
    server,
    outage,
    job,
  }: { readonly server: CatalogServer; readonly outage: Outage; readonly job: string },
  { jobs, say }: { readonly jobs: readonly JobSupervisor[]; readonly say: Say },
): Promise<OutageStory> {
  const { screen } = setting.narrator
  await untilDone(jobs, outage.afterShare)
  const latestBefore = await latestSteps(setting, job)
  const killedMs = performance.now()
  await server.kill()
  say('catalog', `${screen.style('red', 'kill -9')}; latest good: ${listSteps(latestBefore)}`)
  await delay(outage.jobAfterMs)
  const victim = [...jobs]
    .sort((one) => (one.partition === outage.partition ? -1 : 0))
    .find((one) => one.kill())
  await delay(Math.max(0, outage.downMs - (performance.now() - killedMs)))
  await setting.restartCatalog()
  const downMs = performance.now() - killedMs
  const latestAfter = await latestSteps(setting, job)
  const seconds = (downMs / 1000).toFixed(1)
  say(
    'catalog',
    `${screen.style('green', 'back')} after ${seconds} s; latest good: ${listSteps(latestAfter)}`,
  )
  return { downMs, latestBefore, latestAfter, killedPartition: victim?.partition }
}

function listSteps(steps: ReadonlyMap<string, number>): string {
  return [...steps].map(([partition, step]) => `${partition} ${step}`).join(', ')
}

async function untilDone(jobs: readonly JobSupervisor[], share: number): Promise<void> {
  for (let left = WAIT_MAX_MS / POLL_MS; left > 0; left -= 1) {
    const done = jobs.reduce((sum, { standing }) => sum + shareDone(standing), 0)
    if (done / jobs.length >= share) return
    await delay(POLL_MS)
  }
  throw new CatalogError('INTERNAL', `The jobs did not get far within ${WAIT_MAX_MS} ms.`)
}
