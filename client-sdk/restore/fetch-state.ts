import { mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { Digest, PlanStage, RecoveryPlan } from '../api.ts'
import { diskFailure, syncDirectory } from '../stores/disk-durable.ts'
import { openDiskReader, type BlobReader } from '../stores/disk-reader.ts'
import { makeFolders, placeBlobs, type Target } from './blob-path.ts'
import { fetchFromSources, sourcesOf } from './blob-sources.ts'
import { RestoreMeter, type RestoreProgress } from './restore-meter.ts'
import type { RestoreRecord } from './restore-record.ts'

/** Blobs fetched at the same time when a job does not say: enough for a fast network, few open files. */
const CONCURRENCY = 4
const CONCURRENCY_MAX = 64

/** Where to, and how, the blobs of a plan are fetched. */
export interface FetchOptions {
  /** The folder to restore into; made when missing. Nothing outside it is written. */
  readonly into: string
  /** Where bytes come from, by the scheme of their URIs; by default the disk stores of this machine. */
  readonly stores?: readonly BlobReader[]
  /** Hears of each step; what it throws is ignored. */
  readonly onProgress?: (progress: RestoreProgress) => void
  /** Blobs fetched at the same time, 1 to 64; default 4. */
  readonly concurrency?: number
  readonly signal?: AbortSignal
}

export interface RestoredFile {
  readonly rank: number
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly sizeBytes: number
}

export interface RestoredStage {
  readonly checkpoint: Digest
  readonly kind: PlanStage['kind']
  readonly step: number
  readonly files: readonly RestoredFile[]
}

/** A state that is in place. */
export interface FetchedState {
  /** Absolute. */
  readonly directory: string
  /** In the order in which to apply them: the full one first. */
  readonly stages: readonly RestoredStage[]
  readonly bytesFetched: number
  /** Bytes that an earlier restore had brought. */
  readonly bytesReused: number
}

/**
 * Fetches every blob of a plan to its place, from the first of its sources that gives it, and notes what it met.
 *
 * @throws {BLOB_CORRUPT | BLOB_NOT_FOUND | STORE_FAILED} no source of a blob gives it, or the disk failed
 * @throws {INVALID_NAME | CONFIG_INVALID | ABORTED}
 */
export async function fetchState(
  plan: RecoveryPlan,
  options: FetchOptions,
  record: RestoreRecord,
): Promise<FetchedState> {
  const targets = placeBlobs(plan)
  const stores = options.stores ?? [openDiskReader()]
  const readers = new Map(stores.toReversed().map((store) => [store.scheme, store]))
  // All are known before anything is fetched.
  const sources = new Map(targets.map((target) => [target, sourcesOf(target.blob, readers)]))
  const meter = new RestoreMeter(targets, options.onProgress)
  const folders = new Set<string>()
  try {
    const into = resolve(options.into)
    await mkdir(into, { recursive: true })
    const directory = await realpath(into)
    const files = new Map<Target, RestoredFile>()
    await forEach(targets, options, async (target, signal) => {
      const { blob } = target
      const folder = await makeFolders(directory, target.segments.slice(0, -1), folders)
      const fileName = target.segments.at(-1) ?? ''
      const onBytes = meter.start(target)
      const place = { folder, fileName, signal, onBytes }
      const how = await fetchFromSources(sources.get(target) ?? [], { ...place, target, record })
      meter.finish(target, how)
      const { rank, name, sizeBytes } = blob
      files.set(target, { rank, name, path: join(folder, fileName), sizeBytes })
    })
    for (const folder of [directory, ...folders]) await syncDirectory(folder)
    meter.finishAll()
    return { directory, stages: stagesOf(plan, targets, files), ...meter.totals() }
  } catch (cause) {
    if (isCatalogError(cause)) throw cause
    throw diskFailure(cause, `Restoring into ${options.into}`)
  }
}

/** Works through the targets in order, some at a time; the first failure stops the others. */
async function forEach(
  targets: readonly Target[],
  options: FetchOptions,
  work: (target: Target, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { concurrency = CONCURRENCY } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1 || concurrency > CONCURRENCY_MAX) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `"concurrency" must be an integer from 1 to ${CONCURRENCY_MAX}.`,
    )
  }
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])])
  const failures: unknown[] = []
  const queue = targets.values()
  const workers = Array.from({ length: Math.min(concurrency, targets.length) }, async () => {
    for (const target of queue) {
      if (failures.length > 0) return
      try {
        await work(target, signal)
      } catch (cause) {
        failures.push(cause)
        stop.abort()
      }
    }
  })
  await Promise.all(workers)
  if (failures.length > 0) throw failures[0]
}

function stagesOf(
  plan: RecoveryPlan,
  targets: readonly Target[],
  files: ReadonlyMap<Target, RestoredFile>,
): readonly RestoredStage[] {
  const byStage = new Map<PlanStage, RestoredFile[]>(plan.stages.map((stage) => [stage, []]))
  for (const target of targets) {
    const file = files.get(target)
    if (file !== undefined) byStage.get(target.stage)?.push(file)
  }
  return plan.stages.map((stage) => ({
    checkpoint: stage.checkpoint,
    kind: stage.kind,
    step: stage.step,
    files: byStage.get(stage) ?? [],
  }))
}
