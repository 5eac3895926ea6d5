import type { CheckpointSummary, Skipped } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Drift } from '../../schema/drift.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex } from '../../schema/names.ts'
import {
  PLAN_BLOBS_MAX_COUNT,
  type PlanStage,
  type RecoveryPlan,
  type RestoreEstimate,
} from '../../schema/recovery-plan.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readEnvironment, readManifest, readManifests } from '../timeline/read-document.ts'
import { readFailedRestore, readRestoreRate } from '../timeline/read-restores.ts'
import { refuseSwept } from '../timeline/read-sweeps.ts'
import { readUpcasts } from '../timeline/read-upcasts.ts'
import { readChain, type Standing } from '../timeline/read-chain.ts'
import { summarize } from '../timeline/summarize.ts'
import { coverSeeds, seedsOf, warningsOf } from './rules.ts'

/** From which state, as of when, and what was passed over to get there. */
export interface PlanFrom {
  readonly checkpoint: Row<'checkpoint'>
  /** What callers see of it, where it is known already. */
  readonly summary?: CheckpointSummary | undefined
  readonly asOf: LogIndex
  readonly skipped: readonly Skipped[]
  /** How what the caller runs differs, where that was compared. */
  readonly drift?: Drift | undefined
  /** Whether another may take its place. */
  readonly choice: RecoveryPlan['choice']
}

/**
 * Everything needed to go on from a checkpoint: its chain in order, every blob, and what the computation
 * was given.
 *
 * @throws {BLOBS_SWEPT} bytes of the chain were removed
 * @throws {PLAN_TOO_LARGE} the chain has more blobs than one answer may list
 */
export async function buildPlan(
  db: Reader,
  { checkpoint, summary: known, asOf, skipped, choice, drift }: PlanFrom,
): Promise<RecoveryPlan> {
  const { namespace, digest } = checkpoint
  const chain = await readChain(db, checkpoint)
  // As of a past index it may have been good: a plan is for now, and the bytes are gone.
  await refuseSwept(db, namespace, chain)
  const stages: PlanStage[] = []
  let blobCount = 0
  let newest: Manifest | undefined
  for await (const { link, manifest } of manifestsOf(db, chain.toReversed())) {
    newest = manifest
    const stage = stageOf(link.digest, newest)
    blobCount += stage.blobs.length
    if (blobCount > PLAN_BLOBS_MAX_COUNT) throw tooLarge(digest)
    stages.push(stage)
  }
  if (newest === undefined) throw new Error('a chain holds at least its own checkpoint')
  const summary = known ?? (await summarize(db, [checkpoint], asOf))[0]
  const { environment: digestOfEnvironment } = newest
  const totalBytes = stages.reduce((sum, stage) => sum + bytesOf(stage), 0)
  const rate = await readRestoreRate(db, { namespace, job: checkpoint.job, asOf })
  const document = await readEnvironment(db, namespace, digestOfEnvironment)
  const failed = await readFailedRestore(db, { namespace, checkpoint: digest, asOf })
  const upcasted = await readUpcasts(db, { namespace, format: newest.format, asOf })
  return {
    namespace,
    job: checkpoint.job,
    partition: checkpoint.partition,
    checkpoint: digest,
    choice,
    step: checkpoint.step,
    asOf,
    stages,
    blobCount,
    totalBytes,
    ...(rate === undefined ? {} : { estimate: estimateOf(totalBytes, rate) }),
    seeds: seedsOf(newest),
    seedCoverage: coverSeeds(newest),
    ...(newest.parameters === undefined ? {} : { parameters: newest.parameters }),
    inputs: newest.inputs ?? [],
    ...(newest.format === undefined ? {} : { format: newest.format }),
    ...(upcasted.reading === undefined ? {} : { formatReading: upcasted.reading }),
    ...(newest.progress === undefined ? {} : { progress: newest.progress }),
    ...(digestOfEnvironment === undefined || document === undefined
      ? {}
      : { environment: { digest: digestOfEnvironment, document } }),
    ...(drift === undefined ? {} : { drift }),
    skipped,
    warnings: [
      ...warningsOf(newest, {
        drift,
        grade: summary?.grade ?? 'committed',
        abandoned: summary?.abandoned ?? false,
        failed,
      }),
      ...(upcasted.warning === undefined ? [] : [upcasted.warning]),
    ],
  }
}

/** Chains of up to so many are read one by one: a point read costs less than making a query of several does. */
const POINT_READS_MAX_COUNT = 16

/** The manifests of a chain, oldest first. */
async function* manifestsOf(
  db: Reader,
  chain: readonly Standing[],
): AsyncGenerator<{ readonly link: Standing; readonly manifest: Manifest }> {
  const [oldest] = chain
  if (oldest === undefined || chain.length <= POINT_READS_MAX_COUNT) {
    for (const link of chain) yield { link, manifest: await readManifest(db, link) }
    return
  }
  const byIndex = new Map(chain.map((link) => [link.log_index, link]))
  for await (const { index, manifest } of readManifests(db, oldest.namespace, [
    ...byIndex.keys(),
  ])) {
    const link = byIndex.get(index)
    if (link !== undefined) yield { link, manifest }
  }
}

function stageOf(checkpoint: Digest, manifest: Manifest): PlanStage {
  const blobs = manifest.shards
    .toSorted((left, right) => left.rank - right.rank)
    .flatMap(({ rank, blobs: ofRank }) => ofRank.map((blob) => ({ rank, ...blob })))
  return { checkpoint, kind: manifest.kind, step: manifest.step, blobs }
}

const bytesOf = (stage: PlanStage): number =>
  stage.blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0)

const estimateOf = (
  totalBytes: number,
  { bytesPerSecond, restoreCount }: { bytesPerSecond: number; restoreCount: number },
): RestoreEstimate => ({
  durationMs: Math.ceil((totalBytes * 1000) / bytesPerSecond),
  bytesPerSecond,
  restoreCount,
})

const tooLarge = (checkpoint: Digest): CatalogError =>
  new CatalogError(
    'PLAN_TOO_LARGE',
    `The chain of ${checkpoint} has more than ${PLAN_BLOBS_MAX_COUNT} blobs, too many for one answer: read the manifests of its chain one by one.`,
  )
