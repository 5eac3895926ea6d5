import { isCatalogError } from '../../../../schema/errors.ts'
import type { CheckpointSummary, Digest, RetentionDecision, SweepReport } from '../../../api.ts'
import { formatBytes, formatCount } from '../../quantity.ts'
import { addSlices } from '../../sweep-report.ts'
import { jobNames } from '../stage-phases.ts'
import { findLatest, latestSteps, type Setting } from '../setting.ts'
import { askStore } from './ask-store.ts'
import type { ReleaseStory } from './bytes-story.ts'
import type { ShownJob } from './look-at-bytes.ts'
import type { DemoS3 } from './open-demo-s3.ts'

const POLICY = 'demo-states'
/** Checkpoints that the policy keeps, and what they need. */
const KEPT_COUNT = 2
/** Many times the checkpoints of a demonstration. */
const CHECKPOINTS_MAX_COUNT = 2_000
/** Requests of a retention run or a sweep, each of which does hundreds at least. */
const REQUESTS_MAX_COUNT = 50

/** Lets go of what a policy does not keep: says what it would, withdraws it, removes its bytes, and asks the store. */
export async function releaseBytes(
  setting: Setting,
  s3: DemoS3,
  shown: ShownJob,
): Promise<ReleaseStory> {
  const { catalog } = setting
  const { job, say } = shown
  const latestBefore = await latestSteps(setting, job)
  const before = await withdrawnOf(setting, job)
  const anyOf = [{ keep: 'latest', count: KEPT_COUNT }] as const
  await catalog.policies.set(POLICY, { retention: { anyOf }, graceSeconds: 0 })
  await catalog.jobs.declare(job, { policy: POLICY })
  say(
    'policy',
    `keep the latest ${KEPT_COUNT} of each partition; a grace of 0 seconds, to see the end of it`,
  )
  const dry = await catalog.retention.run({ dryRun: true, job })
  const decisions = await catalog.retention
    .decisions(dry.retentionRun)
    .toArray({ limit: CHECKPOINTS_MAX_COUNT })
  say('dry run', `${describeDecisions(decisions)}; ${formatBytes(dry.droppedBytes)}`)
  const withdrawnByDryRun = newSince(before, await withdrawnOf(setting, job))
  const withdrawnCount = await withdraw(setting, job)
  const withdrawn = newSince(before, await withdrawnOf(setting, job))
  say(
    'retain',
    `${formatCount(withdrawnCount, 'checkpoint')} withdrawn; their bytes are still there`,
  )
  const foreseen = await sweep(setting, job, true)
  const swept = await sweep(setting, job, false)
  say(
    'sweep',
    `${formatCount(swept.removedCount, 'object version')} removed, ${formatBytes(swept.removedBytes)}; ${swept.absentCount} gone already`,
  )
  const found = await askStore(setting, s3, await checkpointsOf(setting, job))
  say(
    'bucket',
    `of ${found.freeCount} versions that nothing needs ${found.remaining.length} remain; of ${found.neededCount} that something needs ${found.missing.length} are missing`,
  )
  const verified = await verifyLatest(setting)
  say('verify', `${formatCount(verified.verifiedCount, 'latest checkpoint')} of all jobs verified`)
  return {
    decisions,
    withdrawnByDryRun,
    withdrawn,
    latestBefore,
    latestAfter: await latestSteps(setting, job),
    foreseen,
    swept,
    ...found,
    ...verified,
    ...(await lookBack(setting, job, withdrawn[0])),
  }
}

function describeDecisions(decisions: readonly RetentionDecision[]): string {
  const counts = new Map<string, number>()
  for (const { decision, reasons } of decisions) {
    const why = `${decision} ${reasons.map(({ code }) => code).join('+')}`
    counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  return [...counts].map(([why, count]) => `${count} ${why}`).join(', ')
}

async function checkpointsOf(
  { catalog }: Setting,
  job: string,
): Promise<readonly CheckpointSummary[]> {
  return await catalog.checkpoints.list({ job }).toArray({ limit: CHECKPOINTS_MAX_COUNT })
}

async function withdrawnOf(setting: Setting, job: string): Promise<ReadonlySet<Digest>> {
  const all = await checkpointsOf(setting, job)
  return new Set(all.filter((one) => one.tombstoned).map(({ checkpoint }) => checkpoint))
}

const newSince = (before: ReadonlySet<Digest>, after: ReadonlySet<Digest>): readonly Digest[] =>
  [...after].filter((digest) => !before.has(digest))

async function withdraw({ catalog }: Setting, job: string): Promise<number> {
  let count = 0
  for (let request = 0; request < REQUESTS_MAX_COUNT; request += 1) {
    const { tombstonedCount, leftCount } = await catalog.retention.run({ dryRun: false, job })
    count += tombstonedCount
    if (leftCount === 0 || tombstonedCount === 0) break
  }
  return count
}

async function sweep({ catalog }: Setting, job: string, dryRun: boolean): Promise<SweepReport> {
  let report = await catalog.retention.sweep({ dryRun, job })
  for (let request = 1; report.next !== null && request < REQUESTS_MAX_COUNT; request += 1) {
    const after = report.next
    report = addSlices(report, await catalog.retention.sweep({ dryRun, job, after }))
  }
  return report
}

/** Verifies what each job would go on from: nothing that was let go of may be missed. */
async function verifyLatest(
  setting: Setting,
): Promise<Pick<ReleaseStory, 'verifiedCount' | 'notPassed'>> {
  const { catalog, partitions } = setting
  const notPassed: Digest[] = []
  let verifiedCount = 0
  for (const job of Object.values(jobNames)) {
    for (const partition of partitions) {
      const latest = await findLatest(setting, job, partition)
      if (latest === undefined) continue
      const { stages } = await catalog.recovery.plan({ job, partition })
      for (const { checkpoint } of stages) {
        const { outcome } = await catalog.checkpoints.verify(checkpoint, 'verified')
        if (outcome !== 'passed') notPassed.push(checkpoint)
      }
      verifiedCount += 1
    }
  }
  return { verifiedCount, notPassed }
}

/** What the catalog says of a checkpoint whose bytes it has removed. */
async function lookBack(
  { catalog }: Setting,
  job: string,
  checkpoint: Digest | undefined,
): Promise<Pick<ReleaseStory, 'sweptPlan' | 'hasRecord'>> {
  if (checkpoint === undefined) return { sweptPlan: 'nothing was swept', hasRecord: false }
  const { manifest } = await catalog.checkpoints.manifest(checkpoint)
  const { partition = '' } = manifest
  try {
    await catalog.recovery.plan({ job, partition, checkpoint })
    return { sweptPlan: 'given', hasRecord: true }
  } catch (error) {
    if (!isCatalogError(error)) throw error
    return { sweptPlan: error.code, hasRecord: true }
  }
}
