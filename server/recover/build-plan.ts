import type { CheckpointSummary, Skipped } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex } from '../../schema/names.ts'
import {
  PLAN_BLOBS_MAX_COUNT,
  type PlanStage,
  type RecoveryPlan,
} from '../../schema/recovery-plan.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readEnvironment, readManifest } from '../timeline/read-document.ts'
import { readChain } from '../timeline/standing.ts'
import { summarize } from '../timeline/summarize.ts'
import { rankSources, type SourceWishes } from './rank-sources.ts'
import { coverSeeds, seedsOf, warningsOf } from './rules.ts'

/** From which state, as of when, and what was passed over to get there. */
export interface PlanFrom {
  readonly checkpoint: Row<'checkpoint'>
  /** What callers see of it, where it is known already. */
  readonly summary?: CheckpointSummary | undefined
  readonly asOf: LogIndex
  readonly skipped: readonly Skipped[]
  readonly sources: SourceWishes
}

/**
 * Everything needed to go on from a checkpoint: its chain in order, every blob, and what the computation
 * was given.
 *
 * @throws {PLAN_TOO_LARGE} the chain has more blobs than one answer may list
 */
export async function buildPlan(
  db: Reader,
  { checkpoint, summary: known, asOf, skipped, sources }: PlanFrom,
): Promise<RecoveryPlan> {
  const { namespace, digest } = checkpoint
  const chain = await readChain(db, checkpoint)
  const stages: PlanStage[] = []
  let blobCount = 0
  let newest: Manifest | undefined
  for (const link of chain.toReversed()) {
    newest = await readManifest(db, link)
    const stage = stageOf(link.digest, newest, sources)
    blobCount += stage.blobs.length
    if (blobCount > PLAN_BLOBS_MAX_COUNT) throw tooLarge(digest)
    stages.push(stage)
  }
  if (newest === undefined) throw new Error('a chain holds at least its own checkpoint')
  const summary = known ?? (await summarize(db, [checkpoint], asOf))[0]
  const { environment: digestOfEnvironment } = newest
  const document = await readEnvironment(db, namespace, digestOfEnvironment)
  return {
    namespace,
    job: checkpoint.job,
    partition: checkpoint.partition,
    checkpoint: digest,
    step: checkpoint.step,
    asOf,
    stages,
    blobCount,
    totalBytes: stages.reduce((sum, stage) => sum + bytesOf(stage), 0),
    seeds: seedsOf(newest),
    seedCoverage: coverSeeds(newest),
    ...(newest.parameters === undefined ? {} : { parameters: newest.parameters }),
    inputs: newest.inputs ?? [],
    ...(newest.format === undefined ? {} : { format: newest.format }),
    ...(newest.progress === undefined ? {} : { progress: newest.progress }),
    ...(digestOfEnvironment === undefined || document === undefined
      ? {}
      : { environment: { digest: digestOfEnvironment, document } }),
    skipped,
    warnings: warningsOf(newest, {
      grade: summary?.grade ?? 'committed',
      abandoned: summary?.abandoned ?? false,
    }),
  }
}

function stageOf(checkpoint: Digest, manifest: Manifest, wishes: SourceWishes): PlanStage {
  const blobs = manifest.shards
    .toSorted((left, right) => left.rank - right.rank)
    .flatMap(({ rank, blobs: ofRank }) =>
      ofRank.map((blob) => {
        const sources = rankSources(blob, wishes)
        return { rank, ...blob, ...(sources === undefined ? {} : { sources }) }
      }),
    )
  return { checkpoint, kind: manifest.kind, step: manifest.step, blobs }
}

const bytesOf = (stage: PlanStage): number =>
  stage.blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0)

const tooLarge = (checkpoint: Digest): CatalogError =>
  new CatalogError(
    'PLAN_TOO_LARGE',
    `The chain of ${checkpoint} has more than ${PLAN_BLOBS_MAX_COUNT} blobs, too many for one answer: read the manifests of its chain one by one.`,
  )
