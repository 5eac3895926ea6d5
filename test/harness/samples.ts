import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { ReservedManifest } from '../../schema/reservation.ts'
import type { Run } from '../../schema/run.ts'

/** A reference to bytes that a test only names. */
export function sampleBlob(
  name: string,
  content = name,
): Manifest['shards'][number]['blobs'][number] {
  const digest = digestOf(content)
  return {
    name,
    uri: `s3://states/${name}`,
    versionId: `v-${digest.slice(-12)}`,
    sizeBytes: content.length,
    digest,
  }
}

/** A valid manifest of a run, at a step; members may be replaced. */
export function sampleManifest(
  run: Pick<Run, 'namespace' | 'job' | 'run' | 'attempt' | 'partition'>,
  step: number,
  members: Partial<Manifest> = {},
): Manifest {
  return {
    schemaVersion: 1,
    namespace: run.namespace,
    job: run.job,
    run: run.run,
    attempt: run.attempt,
    ...(run.partition === '' ? {} : { partition: run.partition }),
    step,
    kind: members.base === undefined ? 'full' : 'delta',
    tier: 'durable',
    shards: [{ rank: 0, blobs: [sampleBlob('model.bin', `${run.run}/${step}`)] }],
    ...members,
  }
}

/** The id that a manifest will have. */
export function idOf(manifest: Manifest): Digest {
  return digestOf(canonicalize(manifest))
}

/** What the manifest of a checkpoint that several workers assemble says beside its shards. */
export function sampleReserved(
  run: Parameters<typeof sampleManifest>[0],
  step: number,
  worldSize: number,
): ReservedManifest {
  const { shards: _, ...members } = sampleManifest(run, step)
  return { ...members, worldSize }
}
