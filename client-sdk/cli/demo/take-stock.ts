import { join } from 'node:path'
import type { CheckpointSummary, Digest } from '../../api.ts'
import { openSpool } from '../../spool/open-spool.ts'
import { digestWeights } from './job/model.ts'
import { restoreState } from './job/saved-state.ts'
import type { JobStory, PhaseStory } from './job-story.ts'
import { findLatest, type Setting } from './setting.ts'

/** What the catalog, the stores and the spools hold for one partition of a job at the end. */
export interface PartitionStock {
  readonly job: string
  readonly partition: string
  /** Oldest first. */
  readonly checkpoints: readonly CheckpointSummary[]
  readonly latestStep: number | undefined
  /** Digest of the final weights, restored as a job would, from what the catalog says. */
  readonly restoredWeights: Digest
  /** Manifests that tell of checkpoints before them that were dropped. */
  readonly gapCount: number
  /** Records that the spool still has, whatever for. */
  readonly spooledCount: number
}

/** What there is at the end. */
export interface Stock {
  /** How often the log registers each checkpoint. */
  readonly registered: ReadonlyMap<Digest, number>
  readonly entryCount: number
  readonly partitions: readonly PartitionStock[]
}

/** Many times what a demonstration registers. */
const ENTRIES_MAX_COUNT = 20_000
const CHECKPOINTS_MAX_COUNT = 2_000
const PAGE_COUNT = 200

/** Reads the log and everything that the stories are about, and restores every final state. */
export async function takeStock(setting: Setting, phases: readonly PhaseStory[]): Promise<Stock> {
  const registered = new Map<Digest, number>()
  const entries = await setting.catalog.log
    .entries({ limit: PAGE_COUNT })
    .toArray({ limit: ENTRIES_MAX_COUNT })
  for (const { entry } of entries) {
    const { kind, subject } = entry
    if (kind !== 'checkpoint.registered' || !isDigest(subject)) continue
    registered.set(subject, (registered.get(subject) ?? 0) + 1)
  }
  const partitions: PartitionStock[] = []
  for (const story of phases.flatMap((phase) => phase.partitions)) {
    partitions.push(await stockOf(setting, story))
  }
  return { registered, entryCount: entries.length, partitions }
}

async function stockOf(setting: Setting, { job, partition }: JobStory): Promise<PartitionStock> {
  const { catalog, workspace } = setting
  const newestFirst = await catalog.checkpoints
    .list({ job, partition, limit: PAGE_COUNT })
    .toArray({ limit: CHECKPOINTS_MAX_COUNT })
  const checkpoints = newestFirst.toReversed()
  let gapCount = 0
  for (const { checkpoint } of checkpoints) {
    const { manifest } = await catalog.checkpoints.manifest(checkpoint)
    if (manifest.gap !== undefined) gapCount += 1
  }
  const latest = await findLatest(setting, job, partition)
  const plan = await catalog.recovery.plan({ job, partition })
  const into = join(workspace.directory, 'final', job, partition)
  const { state } = await restoreState(plan, { into, stores: setting.readers, client: catalog })
  return {
    job,
    partition,
    checkpoints,
    latestStep: latest?.step,
    restoredWeights: digestWeights(state.model),
    gapCount,
    spooledCount: await countSpooled(
      join(workspace.directory, 'work', 'spool', `${job}.${partition}`),
    ),
  }
}

async function countSpooled(directory: string): Promise<number> {
  const spool = await openSpool({ directory })
  try {
    const { waitingCount, refusedCount, droppedCount } = await spool.status()
    return waitingCount + refusedCount + droppedCount
  } finally {
    await spool.close()
  }
}

function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && value.startsWith('sha256:')
}
