import { formatCount } from '../quantity.ts'
import type { KillPoint } from './crash-plan.ts'
import { drawStanding, sayStanding } from './draw-standing.ts'
import type { KilledAttempt } from './job-record.ts'
import type { OpenedAttempt, PhaseStory } from './job-story.ts'
import { JobSupervisor } from './job-supervisor.ts'
import type { Narrator } from './narrator.ts'
import type { Setting } from './setting.ts'

/** One run of all partitions under a job name of its own. */
export interface Phase {
  readonly name: string
  readonly job: string
  /** By partition; none when left out. */
  readonly kills?: ReadonlyMap<string, readonly KillPoint[]>
  /** Hears of each kill before the next attempt starts. */
  readonly onKilled?: (killed: KilledAttempt, say: Say) => Promise<void>
  /** Hears of each attempt as it begins. */
  readonly onOpened?: (partition: string, opened: OpenedAttempt, say: Say) => Promise<void>
  /** Happens while the jobs run. */
  readonly meanwhile?: (jobs: readonly JobSupervisor[], say: Say) => Promise<void>
}

/** Tells of something that happened now, to a partition or to the catalog. */
export type Say = (who: string, what: string) => void

/** Tells what happens with the time since now. */
export function tellTimes(narrator: Narrator): Say {
  const startedMs = performance.now()
  return (who, what) => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    const at = narrator.screen.style('dim', `${seconds.padStart(6)} s`)
    narrator.say(`${at}  ${who.padEnd(WHO_WIDTH)}  ${what}`)
  }
}

/** Width of the longest name in front of a line. */
const WHO_WIDTH = 7

/**
 * Runs all partitions to their ends, at the same time.
 *
 * @throws {INTERNAL} a job failed by itself
 */
export async function runPhase(setting: Setting, phase: Phase): Promise<PhaseStory> {
  const { narrator, workspace, partitions, seed, rowsPerSecond, jobVariables, store } = setting
  const startedMs = performance.now()
  const say = tellTimes(narrator)
  const jobs = partitions.map(
    (partition) =>
      new JobSupervisor({
        workspace,
        job: phase.job,
        partition,
        seed,
        rowsPerSecond,
        variables: jobVariables,
        store,
        kills: phase.kills?.get(partition) ?? [],
        onKilled: async (killed) => phase.onKilled?.(killed, say),
        onOpened: async (name, opened) => phase.onOpened?.(name, opened, say),
        onDrained: (name, count) =>
          say(name, `spool drained: ${formatCount(count, 'checkpoint')} sent, in order`),
      }),
  )
  const standing = () => jobs.map((job) => job.standing)
  narrator.watch({
    lines: (screen) => drawStanding(screen, standing()),
    plain: () => sayStanding(standing()),
  })
  const work = Promise.all([
    Promise.all(jobs.map((job) => job.run())),
    phase.meanwhile?.(jobs, say),
  ])
  const [stories] = await work.finally(() => narrator.rest())
  const durationMs = performance.now() - startedMs
  const savedCount = stories.reduce((sum, { saved }) => sum + saved.length, 0)
  say('done', `${formatCount(savedCount, 'checkpoint')} taken`)
  return { name: phase.name, job: phase.job, durationMs, partitions: stories }
}
