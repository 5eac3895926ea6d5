import { canonicalize, type JsonObject } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'

/** The fixture's shape: 1,000 jobs with 8 partitions each, and one run for each of these lines. */
export const JOB_COUNT = 1_000
export const PARTITION_COUNT = 8
export const LINE_COUNT = JOB_COUNT * PARTITION_COUNT
/** A full checkpoint, then seven deltas, each on the one before. */
export const CHAIN_COUNT = 8
export const NAMESPACE = 'bench'
/** A job apart, with one long run: what a deep lineage question walks. */
export const DEEP_JOB = 'deep'
export const DEEP_COUNT = 1_001

/** A job with one run whose checkpoints are one chain: what the longest plan goes through. */
export const CHAIN_JOB = 'chain'
export const LONG_CHAIN_COUNT = 1_000
/** A job of which only the first checkpoint was verified: who asks for that passes over all the others. */
export const SKIPPED_JOB = 'skipped'
export const SKIPPED_COUNT = 10_000

/** What was made last on each line, so that walking forward never makes a base twice. */
const newest = new Map<number, { readonly sequence: number; readonly digest: Digest }>()

const START_MS = Date.parse('2026-01-01T00:00:00Z')
const PARAMETER_COUNT = 18

/** The environment that every run was made in. */
export const environment: JsonObject = {
  schemaVersion: 1,
  sections: {
    code: { repository: 'https://example.org/fares.git', revision: 'f'.repeat(40), dirty: false },
    runtime: { name: 'node', version: '24.21.0' },
  },
}
const environmentDigest = digestOf(canonicalize(environment))

/** A line of the fixture: what one run works on. */
export interface Line {
  readonly job: string
  readonly partition: string
  readonly run: string
}

/** A checkpoint to register: its canonical manifest and its id. */
export interface Registrable {
  readonly text: string
  readonly digest: Digest
}

/** The line of a number from 0 to below {@link LINE_COUNT}. */
export function lineAt(number: number): Line {
  const job = String(Math.floor(number / PARTITION_COUNT)).padStart(4, '0')
  const partition = String(number % PARTITION_COUNT)
  return { job: `job-${job}`, partition: `part-${partition}`, run: `run-${job}-${partition}` }
}

/**
 * The checkpoint with a sequence number: lines take turns, so that neighbours never wait for each other.
 * The same number gives the same bytes in every process.
 */
export function checkpointAt(sequence: number): Registrable {
  const step = Math.floor(sequence / LINE_COUNT)
  const line = sequence % LINE_COUNT
  const base = step % CHAIN_COUNT === 0 ? undefined : digestAt(sequence - LINE_COUNT)
  const checkpoint = sealed(manifestOf(lineAt(line), { step, base }))
  newest.set(line, { sequence, digest: checkpoint.digest })
  return checkpoint
}

/** The id of the checkpoint with a sequence number. */
export function digestAt(sequence: number): Digest {
  const known = newest.get(sequence % LINE_COUNT)
  return known?.sequence === sequence ? known.digest : checkpointAt(sequence).digest
}

/** A checkpoint of the deep run. */
export function deepCheckpointAt(step: number): Registrable {
  const line = { job: DEEP_JOB, partition: 'part-0', run: 'run-deep' }
  return sealed(manifestOf(line, { step, base: undefined }))
}

/** The checkpoints of the chain, in order. */
export function* chainedCheckpoints(): Generator<Registrable> {
  const line = { job: CHAIN_JOB, partition: 'part-0', run: 'run-chain' }
  let base: Digest | undefined
  for (let step = 0; step < LONG_CHAIN_COUNT; step += 1) {
    const checkpoint = sealed(manifestOf(line, { step, base }))
    base = checkpoint.digest
    yield checkpoint
  }
}

/** A checkpoint of the run whose newest ones are passed over; that of step 0 is the one to find. */
export function skippedCheckpointAt(step: number): Registrable {
  const line = { job: SKIPPED_JOB, partition: 'part-0', run: 'run-skipped' }
  return sealed(manifestOf(line, { step, base: undefined }))
}

/** Bytes of a manifest, on average over a chain of some lines. */
export function meanManifestBytes(): number {
  const count = CHAIN_COUNT * PARTITION_COUNT
  const sizes = Array.from(
    { length: count },
    (_, number) => checkpointAt(number * (LINE_COUNT + 1)).text.length,
  )
  return sizes.reduce((sum, size) => sum + size, 0) / count
}

function sealed(manifest: JsonObject): Registrable {
  const text = canonicalize(manifest)
  return { text, digest: digestOf(text) }
}

/** About 2 KB with four blob references: what a job of two workers says of itself. */
function manifestOf(
  { job, partition, run }: Line,
  { step, base }: { readonly step: number; readonly base: Digest | undefined },
): JsonObject {
  const atMs = START_MS + step * 60_000
  return {
    schemaVersion: 1,
    namespace: NAMESPACE,
    job,
    run,
    attempt: 1,
    partition,
    step,
    kind: base === undefined ? 'full' : 'delta',
    ...(base === undefined ? {} : { base }),
    tier: 'durable',
    worldSize: 2,
    shards: [0, 1].map((rank) => ({
      rank,
      blobs: [0, 1].map((part) => blobOf(run, step, rank * 2 + part)),
      seeds: [{ generator: 'numpy.pcg64', seed: 1_000 * step + rank }],
    })),
    progress: { records: step * 4_096, watermark: new Date(atMs).toISOString() },
    format: { name: 'fares.weights', version: '3' },
    parameters: Object.fromEntries(
      Array.from({ length: PARAMETER_COUNT }, (_, place) => [
        `rate_${place.toString().padStart(2, '0')}`,
        (step + place) / 1_024,
      ]),
    ),
    environment: environmentDigest,
    timing: {
      startedAt: new Date(atMs - 900).toISOString(),
      durableAt: new Date(atMs).toISOString(),
    },
    persistence: 'async',
    labels: { stage: step % 2 === 0 ? 'even' : 'odd' },
  }
}

function blobOf(run: string, step: number, part: number): JsonObject {
  const digest = digestOf(`${run}/${step}/${part}`)
  return {
    name: `weights-${part % 2}.bin`,
    uri: `s3://states-eu-1/${run}/${step}/weights-${part}.bin`,
    versionId: digest.slice(7, 39),
    sizeBytes: 1_048_576 + part,
    digest,
  }
}
