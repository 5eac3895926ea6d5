import type { Evidence } from '../../schema/checkpoint.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Depth, Verification } from '../../schema/verification.ts'
import type { Context } from '../context.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { Row } from '../store/tables.ts'
import { checkpointByDigest, read } from '../timeline/lookups.ts'
import { readManifest } from '../timeline/read-document.ts'
import { readProbes } from '../timeline/read-probes.ts'
import { checkBlobs } from './check-blobs.ts'
import type { Tally } from './rules.ts'

/** What to verify, for whom, and how. */
export interface VerificationTask {
  readonly checkpoint: Row<'checkpoint'>
  readonly depth: Depth
  readonly actor: string
  readonly pace: (bytes: number) => Promise<void>
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

type Progress = Pick<Verification, 'blobsDone' | 'blobCount' | 'bytesDone' | 'bytesTotal'>

/** How a verification ended. */
export type Ended = Pick<Verification, 'outcome' | 'faults' | 'detail' | 'evidence' | 'proof'>

/**
 * Looks at a checkpoint's blobs and records what was found; what nobody could look at is not recorded.
 *
 * A checkpoint that others have found something about meanwhile keeps theirs when this one passed.
 */
export async function runVerification(context: Context, task: VerificationTask): Promise<Ended> {
  const { db } = context
  const { checkpoint } = task
  const { namespace } = checkpoint
  const manifest = await readManifest(db, checkpoint)
  const probes = await readProbes(db, namespace)
  const startedMs = performance.now()
  const tally = await checkBlobs(
    manifest,
    {
      blobs: context.blobs,
      depth: task.depth,
      findingsOf: (bucket) => probes.get(bucket)?.findings,
      pace: task.pace,
      signal: task.signal,
    },
    countBlobs(manifest, task.onProgress),
  )
  const durationMs = Math.round(performance.now() - startedMs)
  const ended = { outcome: tally.outcome(), faults: tally.faults(), detail: tally.detail() }
  if (ended.outcome === 'unknown') return ended
  const evidence = await record(context, task, { tally, durationMs })
  if (evidence === undefined) return ended
  const proof = await proveEntry(context, namespace, evidence.index)
  return { ...ended, evidence, proof }
}

function countBlobs(manifest: Manifest, onProgress: VerificationTask['onProgress']) {
  const blobs = manifest.shards.flatMap((shard) => shard.blobs)
  const blobCount = blobs.length
  const bytesTotal = blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0)
  let [blobsDone, bytesDone] = [0, 0]
  const tell = (): void => onProgress({ blobsDone, blobCount, bytesDone, bytesTotal })
  tell()
  return ({ sizeBytes }: { readonly sizeBytes: number }) => {
    blobsDone += 1
    bytesDone += sizeBytes
    tell()
  }
}

function record(
  context: Context,
  { checkpoint, depth, actor }: VerificationTask,
  { tally, durationMs }: { readonly tally: Tally; readonly durationMs: number },
): Promise<Evidence | undefined> {
  const { namespace, digest } = checkpoint
  const detail = tally.detail()
  const passed = tally.outcome() === 'passed'
  const facts = {
    finding: passed || detail.fault?.code === 'DIGEST_DIFFERS' ? depth : 'present',
    outcome: passed ? 'passed' : 'failed',
    method: tally.method(),
    bytes: tally.bytesRead(),
    durationMs,
    detail,
  } as const
  return context.log.append<Evidence | undefined>({
    namespace,
    actor,
    ...context.request,
    reads: [read(checkpointByDigest, namespace, digest)],
    decide: (known) => {
      const newest = known.find(checkpointByDigest, [namespace, digest])?.evidence_index
      if (passed && newest !== checkpoint.evidence_index) {
        return { drafts: [], result: () => undefined }
      }
      return {
        drafts: [{ entry: { kind: 'evidence.recorded', subject: digest, ...facts } }],
        result: ({ index, at }) => ({ checkpoint: digest, ...facts, actor, index, at }),
      }
    },
  })
}
