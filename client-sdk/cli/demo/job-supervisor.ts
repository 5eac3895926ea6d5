import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CatalogError } from '../../../schema/errors.ts'
import type { Child, Exit } from './child.ts'
import type { KillPoint } from './crash-plan.ts'
import { parseJobEvent, type JobEvent } from './job/job-event.ts'
import { CHECKPOINT_EVERY_STEPS } from './job/parameters.ts'
import { JobRecord, type KilledAttempt, type PartitionStanding } from './job-record.ts'
import type { JobStory, OpenedAttempt } from './job-story.ts'
import type { Workspace } from './workspace.ts'

/** What a supervisor starts, and when it kills it. */
export interface SupervisorOptions {
  readonly workspace: Workspace
  readonly job: string
  readonly partition: string
  readonly seed: string
  readonly rowsPerSecond: number
  /** What the job finds in its environment: where the catalog is, and the token. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Such as `s3://states/fares`; the job's own folder when undefined. */
  readonly store: string | undefined
  /** Earliest first. */
  readonly kills: readonly KillPoint[]
  /** Hears of a kill when the process is gone, before the next attempt starts. */
  readonly onKilled: (killed: KilledAttempt) => Promise<void>
  /** Hears when an attempt begins to train. */
  readonly onOpened: (partition: string, opened: OpenedAttempt) => Promise<void>
  /** Hears when an attempt that trains has sent all that it had spooled. */
  readonly onDrained: (partition: string, count: number) => void
}

/** Far more than a demonstration kills. */
const ATTEMPTS_MAX_COUNT = 12

const program = fileURLToPath(new URL('./train.ts', import.meta.url))

/** Runs a job to its end: starts it, kills it when the plan says so, and starts it again. */
export class JobSupervisor {
  readonly partition: string
  readonly #options: SupervisorOptions
  readonly #record: JobRecord
  readonly #kills: KillPoint[]
  readonly #listeners: Promise<void>[] = []
  #child: Child | undefined
  #timer: NodeJS.Timeout | undefined
  #wasKilled = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.partition = options.partition
    this.#record = new JobRecord(options.job, options.partition)
    this.#kills = [...options.kills]
  }

  get standing(): PartitionStanding {
    return this.#record.standing
  }

  /** Kills the attempt that runs, if it trains; says whether it did. */
  kill(): boolean {
    if (this.standing.state !== 'training' || this.#child === undefined) return false
    this.#wasKilled = true
    this.#child.kill()
    return true
  }

  /**
   * Sees the job through.
   *
   * @throws {INTERNAL} the job ended without being killed, and not well
   */
  async run(): Promise<JobStory> {
    const record = this.#record
    for (let count = 0; count < ATTEMPTS_MAX_COUNT; count += 1) {
      record.started()
      const exit = await this.#runAttempt()
      await Promise.all(this.#listeners)
      if (record.result !== undefined && exit.code === 0) {
        return record.story(record.result, performance.now())
      }
      if (!this.#wasKilled) throw failure(this.partition, exit)
      await this.#options.onKilled(record.killed(performance.now()))
    }
    throw new CatalogError(
      'INTERNAL',
      `The job on ${this.partition} took over ${ATTEMPTS_MAX_COUNT} attempts.`,
    )
  }

  async #runAttempt(): Promise<Exit> {
    const { workspace, job, partition, seed, rowsPerSecond, variables, store } = this.#options
    this.#wasKilled = false
    const what = ['--job', job, '--partition', partition, '--seed', seed]
    const how = ['--rows-per-second', String(rowsPerSecond)]
    const folder = ['--directory', join(workspace.directory, 'work')]
    const where = store === undefined ? folder : [...folder, '--store', store]
    this.#child = workspace.start({
      words: [program, ...what, ...how, ...where],
      variables,
      onLine: (line) => {
        const event = parseJobEvent(line)
        if (event !== undefined) this.#hear(event)
      },
    })
    const exit = await this.#child.ended
    clearTimeout(this.#timer)
    this.#timer = undefined
    return exit
  }

  #hear(event: JobEvent): void {
    this.#record.heard(event, performance.now())
    if (event.event === 'step') this.#planKill()
    if (event.event === 'sent') this.#tellDrained()
    if (event.event === 'opened') {
      // Awaited when the attempt has ended, so that what goes wrong is not lost.
      const told = this.#options.onOpened(this.partition, event)
      told.catch(() => undefined)
      this.#listeners.push(told)
    }
  }

  #tellDrained(): void {
    const count = this.#record.takeDrained()
    // What an attempt sends before it begins, it tells when it begins.
    if (count > 0 && this.standing.state === 'training') {
      this.#options.onDrained(this.partition, count)
    }
  }

  #planKill(): void {
    const [next] = this.#kills
    const { step, stepCount } = this.standing
    if (next === undefined || this.#timer !== undefined) return
    if (step < next.afterShare * stepCount) return
    this.#kills.shift()
    const stepMs = this.#record.stepMs(performance.now()) ?? 0
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.kill()
      },
      next.waitShare * stepMs * CHECKPOINT_EVERY_STEPS,
    )
  }
}

function failure(partition: string, { code, signal, said }: Exit): CatalogError {
  return new CatalogError(
    'INTERNAL',
    `The job on ${partition} ended on its own (${signal ?? code ?? 'not started'}): ${said || 'it said nothing'}`,
  )
}
