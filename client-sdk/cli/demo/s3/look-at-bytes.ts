import { CatalogError } from '../../../../schema/errors.ts'
import type { CheckpointSummary, Digest } from '../../../api.ts'
import { formatBytes, formatCount } from '../../quantity.ts'
import type { Setting } from '../setting.ts'
import type { Say } from '../run-phase.ts'
import type { LookStory, LossStory } from './bytes-story.ts'
import { removeVersion } from './demo-bucket.ts'
import type { DemoS3 } from './open-demo-s3.ts'

/** Checkpoints of one partition. */
const CHECKPOINTS_MAX_COUNT = 500

/** The job whose states are looked at. */
export interface ShownJob {
  readonly job: string
  readonly say: Say
}

/** Probes the bucket, verifies the states of a job, and then has one of them lose its bytes. */
export async function lookAtBytes(
  setting: Setting,
  s3: DemoS3,
  shown: ShownJob,
): Promise<LookStory> {
  const { catalog, partitions } = setting
  const { job, say } = shown
  const { findings } = await catalog.buckets.probe(s3.bucketName)
  const { features } = findings
  const unproven = features.filter(({ result }) => result !== 'proven')
  const without = unproven.map(({ feature }) => feature).join(', ')
  say(
    'probe',
    `${features.length - unproven.length} of ${features.length} features proven; ${without === '' ? 'all are used' : `not used: ${without}`}`,
  )
  const [partition = ''] = partitions
  const checkpoints = await catalog.checkpoints
    .list({ job, partition })
    .toArray({ limit: CHECKPOINTS_MAX_COUNT })
  let [blobCount, bytesRead] = [0, 0]
  const notPassed: Digest[] = []
  for (const { checkpoint } of checkpoints) {
    const found = await catalog.checkpoints.verify(checkpoint, 'verified')
    blobCount += found.blobCount
    bytesRead += found.evidence?.bytes ?? 0
    if (found.outcome !== 'passed') notPassed.push(checkpoint)
  }
  const verifiedCount = checkpoints.length
  const read =
    bytesRead === 0 ? 'by checksums that the store attests' : `${formatBytes(bytesRead)} read`
  say(
    'verify',
    `${formatCount(verifiedCount - notPassed.length, 'checkpoint')} of ${partition} verified, ${formatCount(blobCount, 'blob')}, ${read}`,
  )
  const loss = await loseBytes(setting, s3, { ...shown, checkpoints, partition })
  return { verifiedCount, blobCount, bytesRead, notPassed, loss }
}

/** Deletes a version of the newest checkpoint as nobody should, and withdraws it when the catalog has found that. */
async function loseBytes(
  setting: Setting,
  s3: DemoS3,
  {
    job,
    say,
    checkpoints,
    partition,
  }: ShownJob & {
    readonly checkpoints: readonly CheckpointSummary[]
    readonly partition: string
  },
): Promise<LossStory> {
  const { catalog, narrator } = setting
  const { screen } = narrator
  const [newest, before] = checkpoints
  if (newest === undefined) throw nothingSaved(partition)
  const { checkpoint, step } = newest
  const { manifest } = await catalog.checkpoints.manifest(checkpoint)
  const [blob] = manifest.shards.flatMap(({ blobs }) => blobs)
  if (blob === undefined) throw nothingSaved(partition)
  await removeVersion(s3.client, blob)
  say(
    'bucket',
    `${screen.style('red', 'deleted')} behind the catalog's back: ${blob.name} of step ${step}, ${partition}`,
  )
  const found = await catalog.checkpoints.verify(checkpoint, 'present')
  const latest = await catalog.recovery.latest({ job, partition })
  const reason = latest.skipped.find((one) => one.checkpoint === checkpoint)?.reason
  const fault = found.faults[0]?.code
  say(
    'verify',
    `step ${step} ${screen.style('red', found.outcome ?? 'unknown')}: ${fault}; latest good: ${latest.checkpoint.step}, as step ${step} is ${reason}`,
  )
  const note = 'its bytes are gone'
  await catalog.checkpoints.tombstone(checkpoint, { reason: 'corrupt', note })
  say('catalog', `step ${step} withdrawn: corrupt, ${note}`)
  return {
    partition,
    checkpoint,
    step,
    outcome: found.outcome ?? 'unknown',
    fault,
    latestStep: latest.checkpoint.step,
    reason,
    stepBefore: before?.step,
  }
}

const nothingSaved = (partition: string): CatalogError =>
  new CatalogError('INTERNAL', `The job on ${partition} has saved nothing that could get lost.`)
