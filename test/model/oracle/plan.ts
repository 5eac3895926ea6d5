import { plain } from './fact.ts'
import { gradeOf, isAbandoned, type Skipped } from './standing.ts'
import { chainOf, type Saved, type World } from './world.ts'

/** Documents by digest, as the sequence sent them. */
export type Documents = ReadonlyMap<string, unknown>

/** The plan to go on from a state; of warnings only the codes, because their words are for people. */
export function planOf(
  world: World,
  saved: Saved,
  { skipped, documents }: { readonly skipped: readonly Skipped[]; readonly documents: Documents },
): Readonly<Record<string, unknown>> {
  const { manifest } = saved
  const chain = chainOf(world, saved)
  const stages = chain.map(({ checkpoint, manifest: { kind, step, shards } }) => ({
    checkpoint,
    kind,
    step,
    blobs: shards.flatMap(({ rank, blobs }) => blobs.map((blob) => ({ rank, ...blob }))),
  }))
  const blobs = stages.flatMap((stage) => stage.blobs)
  return plain({
    namespace: world.namespace,
    job: manifest.job,
    partition: saved.partition,
    checkpoint: saved.checkpoint,
    step: manifest.step,
    asOf: world.facts.length - 1,
    stages,
    blobCount: blobs.length,
    totalBytes: blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    seeds: manifest.shards
      .filter(({ seeds }) => seeds !== undefined)
      .map(({ rank, seeds }) => ({ rank, seeds })),
    seedCoverage: coverageOf(saved),
    parameters: manifest.parameters,
    inputs: manifest.inputs ?? [],
    format: manifest.format,
    progress: manifest.progress,
    environment: manifest.environment && {
      digest: manifest.environment,
      document: documents.get(manifest.environment),
    },
    skipped,
    warnings: warningsOf(world, saved),
  })
}

function coverageOf({ manifest: { shards } }: Saved): Readonly<Record<string, unknown>> {
  const bare = shards.filter(({ seeds }) => seeds === undefined)
  return {
    rankCount: shards.length,
    seededCount: shards.length - bare.length,
    missingRanks: bare.map(({ rank }) => rank).toSorted((left, right) => left - right),
    unevenGenerators: [],
  }
}

function warningsOf(world: World, saved: Saved): readonly string[] {
  const { environment, inputs = [], shards } = saved.manifest
  const warnings: string[] = []
  if (shards.some(({ seeds }) => seeds === undefined)) warnings.push('SEEDS_INCOMPLETE')
  if (inputs.some(({ version }) => version === undefined)) warnings.push('INPUT_UNPINNED')
  if (environment === undefined) warnings.push('ENVIRONMENT_MISSING')
  // The design leaves open whether objects that were seen to exist still need this; the catalog says no.
  if (['committed', 'present'].includes(gradeOf(saved))) warnings.push('NOT_VERIFIED')
  if (isAbandoned(world, saved)) warnings.push('ABANDONED')
  return warnings.toSorted()
}
