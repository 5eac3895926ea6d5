import { isCatalogError } from '../../../schema/errors.ts'
import { formatBytes, formatCount } from '../quantity.ts'
import type { CatalogServer } from './catalog-server.ts'
import type { CrashPlan } from './crash-plan.ts'
import { cutCatalog, type OutageStory } from './cut-catalog.ts'
import type { KilledAttempt } from './job-record.ts'
import type { OpenedAttempt, PhaseStory } from './job-story.ts'
import { runPhase, type Say } from './run-phase.ts'
import { findLatest, type Setting } from './setting.ts'

/** Names of the jobs in the catalog, one for each phase. */
export const jobNames = {
  undisturbed: 'flights-undisturbed',
  killed: 'flights-killed',
  outage: 'flights-outage',
} as const

/** What came of all phases. */
export interface Staged {
  readonly phases: readonly PhaseStory[]
  readonly outage: OutageStory
  readonly zombieRefusal: string | undefined
}

/** Runs the job three times: undisturbed, with jobs killed, and with the catalog killed. */
export async function stagePhases(
  setting: Setting,
  plan: CrashPlan,
  server: CatalogServer,
): Promise<Staged> {
  const title = (text: string) =>
    setting.narrator.say('', setting.narrator.screen.style('bold', text))
  title('1  Undisturbed')
  const undisturbed = await runPhase(setting, { name: 'undisturbed', job: jobNames.undisturbed })

  title('2  Jobs killed, each at two random instants')
  let refusal: string | undefined
  const killed = await runPhase(setting, {
    name: 'jobs killed',
    job: jobNames.killed,
    kills: plan.kills,
    onKilled: (attempt, say) => tellKill(setting, attempt, say),
    onOpened: async (partition, opened, say) => {
      tellOpened(setting, partition, opened, say)
      if (opened.attempt !== 2 || refusal !== undefined) return
      refusal = await writeAsZombie(setting, partition, opened)
      say(partition, `attempt 1 tries to write all the same: ${refusal}`)
    },
  })

  title('3  Catalog killed while the jobs train, and a job while the catalog is away')
  let outage: OutageStory | undefined
  const away = await runPhase(setting, {
    name: 'catalog killed',
    job: jobNames.outage,
    onKilled: async (attempt, say) => say(attempt.partition, describeKill(setting, attempt)),
    onOpened: async (partition, opened, say) => tellOpened(setting, partition, opened, say),
    meanwhile: async (jobs, say) => {
      const cut = { server, outage: plan.outage, job: jobNames.outage }
      outage = await cutCatalog(setting, cut, { jobs, say })
    },
  })
  return {
    phases: [undisturbed, killed, away],
    // Set by now: the phase ends after all that happens meanwhile.
    outage: outage ?? nothingHappened,
    zombieRefusal: refusal,
  }
}

const nothingHappened: OutageStory = {
  downMs: 0,
  latestBefore: new Map(),
  latestAfter: new Map(),
  killedPartition: undefined,
}

function describeKill(setting: Setting, { attempt, atStep, waitingCount }: KilledAttempt): string {
  const { screen } = setting.narrator
  const waiting =
    waitingCount === 0 ? '' : `; ${formatCount(waitingCount, 'checkpoint')} in its spool`
  return `${screen.style('red', 'SIGKILL')} at step ${atStep}, attempt ${attempt}${waiting}`
}

async function tellKill(setting: Setting, killed: KilledAttempt, say: Say): Promise<void> {
  const latest = await findLatest(setting, jobNames.killed, killed.partition)
  const good =
    latest === undefined
      ? 'no checkpoint yet'
      : `latest good: ${latest.step} (${latest.kind}, chain of ${latest.chainLength})`
  say(killed.partition, `${describeKill(setting, killed)}; ${good}`)
}

function tellOpened(setting: Setting, partition: string, opened: OpenedAttempt, say: Say): void {
  const { attempt, from, flushedCount } = opened
  if (attempt === 1) return
  const { screen } = setting.narrator
  const flushed =
    flushedCount === 0 ? '' : `, after sending ${formatCount(flushedCount, 'spooled checkpoint')}`
  const origin =
    from === null
      ? 'begins again'
      : `goes on from step ${from.step}: ${formatCount(from.stageCount, 'stage')}, ${formatBytes(from.totalBytes)}`
  say(partition, `${screen.style('green', `attempt ${attempt}`)} ${origin}${flushed}`)
}

/** Does what a process would that was thought dead and wakes up: writes under its old attempt. */
async function writeAsZombie(
  { catalog }: Setting,
  partition: string,
  successor: OpenedAttempt,
): Promise<string> {
  const job = jobNames.killed
  const runs = await catalog.runs.list({ job, partition }).toArray({ limit: 10 })
  const old = runs.find((one) => one.attempt === successor.attempt - 1)
  if (old === undefined) return 'there is no older attempt'
  try {
    await catalog.runs.handle(old).checkpoint({ step: (old.lastStep ?? 0) + 1, blobs: [] })
    return 'accepted'
  } catch (error) {
    if (isCatalogError(error)) return error.code
    throw error
  }
}
