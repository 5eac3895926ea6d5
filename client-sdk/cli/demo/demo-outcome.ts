import type { Digest, RecoveryPlan } from '../../api.ts'
import type { CatalogClient } from '../../client.ts'
import { traceAttempts, type TracedAttempt } from './draw-lineage.ts'
import { reckonCrashes, type CrashCost } from './draw-summary.ts'
import type { Crash, JobStory, PhaseStory } from './job-story.ts'
import { judge, type Judgement } from './judge.ts'
import type { Setting } from './setting.ts'
import { jobNames, type Staged } from './stage-phases.ts'
import { takeStock, type Stock } from './take-stock.ts'

/** What a demonstration showed. */
export interface DemoOutcome {
  readonly phases: readonly PhaseStory[]
  readonly stock: Stock
  readonly judgements: readonly Judgement[]
  readonly costs: readonly CrashCost[]
  /** The restart that had the most to put together. */
  readonly example: RestartExample | undefined
}

/** One restart in detail. */
export interface RestartExample {
  readonly story: JobStory
  readonly crash: Crash
  /** What the catalog told it to fetch. */
  readonly plan: RecoveryPlan
  readonly finalCheckpoint: Digest
  readonly attempts: readonly TracedAttempt[]
}

/** Most ancestors of a final state: the checkpoints of one partition. */
const LINEAGE_BOUNDS = { depth: 200, limit: 500 } as const

/** Looks at what is left when all phases are over, and judges it. */
export async function reviewDemo(setting: Setting, staged: Staged): Promise<DemoOutcome> {
  const { phases } = staged
  const stock = await takeStock(setting, phases)
  return {
    phases,
    stock,
    judgements: judge({ ...staged, stock }),
    costs: reckonCrashes(phases),
    example: await findExample(setting.catalog, phases, stock),
  }
}

async function findExample(
  catalog: CatalogClient,
  phases: readonly PhaseStory[],
  stock: Stock,
): Promise<RestartExample | undefined> {
  const stories = phases.flatMap(({ partitions }) => partitions)
  const restarts = stories
    .filter(({ job }) => job === jobNames.killed)
    .flatMap((story) => story.crashes.map((crash) => ({ story, crash })))
  const stagesOf = ({ next }: Crash) => next.from?.stageCount ?? 0
  const [most] = restarts.sort((one, other) => stagesOf(other.crash) - stagesOf(one.crash))
  const checkpoint = most?.crash.next.from?.checkpoint
  const { job, partition } = most?.story ?? { job: '', partition: '' }
  const final = stock.partitions
    .find((one) => one.job === job && one.partition === partition)
    ?.checkpoints.at(-1)
  if (most === undefined || checkpoint === undefined || final === undefined) return undefined
  const plan = await catalog.recovery.plan({ job, partition, checkpoint })
  const lineage = await catalog.lineage.of(final.checkpoint, LINEAGE_BOUNDS)
  const attempts = traceAttempts(lineage, most.story)
  return { ...most, plan, finalCheckpoint: final.checkpoint, attempts }
}
