import { digestOf } from '../../../schema/digest.ts'
import type { ManifestPlan } from './action.ts'
import { plain, type Manifest, type Relation, type Shard } from '../oracle/fact.ts'
import { ABSENT_DIGEST, ABSENT_RUN, environmentOf, picked, pickedState } from './pick.ts'
import { currentRun, type RunRecord, type World } from '../oracle/world.ts'

const relations: readonly Relation[] = ['derived-from', 'merged-from', 'restored-from']

/** The manifest that a plan makes of what is there; without what it wants to name, it names nothing. */
export function manifestOf(world: World, plan: ManifestPlan): Manifest {
  const run = runOf(world, plan)
  const { fault, pick, tier } = plan
  const job = run?.opened.job ?? plan.line.job
  const partition = run?.opened.partition ?? plan.line.partition
  const otherJob = job === 'fares' ? 'routes' : 'fares'
  const base = baseOf(world, run, plan)
  const parent = plan.parent === 'absent' ? ABSENT_DIGEST : picked(world.checkpoints.keys(), pick)
  const step = stepOf(run, plan.stepBy)
  const relation = relations[pick % relations.length] ?? 'derived-from'
  const kind = (base === undefined) === (fault !== 'base') ? 'full' : 'delta'
  return plain({
    schemaVersion: 1,
    namespace: world.namespace,
    job: fault === 'job' ? otherJob : job,
    run: run?.opened.subject ?? ABSENT_RUN,
    attempt: (run?.opened.attempt ?? 1) + (fault === 'attempt' ? 1 : 0),
    partition: partition === '' ? undefined : partition,
    step,
    kind,
    tier,
    base,
    parents:
      plan.parent === 'none' || parent === undefined
        ? undefined
        : [{ relation, checkpoint: parent }],
    worldSize: fault === 'shards' ? plan.ranks + 1 : plan.ranks,
    shards: shardsOf(plan, `${run?.opened.subject}/${step}/${plan.variant}`),
    environment: environmentOf(world, plan.environment, pick),
    ...(plan.rich ? richMembers(plan.variant, step) : {}),
  })
}

function runOf(world: World, { line, pick, run }: ManifestPlan): RunRecord | undefined {
  if (run === 'absent') return undefined
  return run === 'any'
    ? picked(world.runs.values(), pick)
    : currentRun(world, line.job, line.partition)
}

function stepOf(run: RunRecord | undefined, stepBy: number): number {
  const from = run?.checkpoints.at(-1)?.manifest.step ?? run?.opened.restoredFrom?.step ?? 0
  return Math.max(0, from + stepBy)
}

function baseOf(
  world: World,
  run: RunRecord | undefined,
  { base, line, pick }: ManifestPlan,
): string | undefined {
  const bases = {
    none: undefined,
    last: run?.checkpoints.at(-1)?.checkpoint ?? run?.opened.restoredFrom?.checkpoint,
    line: pickedState(world, line, pick),
    any: picked(world.checkpoints.keys(), pick),
    absent: ABSENT_DIGEST,
  }
  return bases[base]
}

function shardsOf({ ranks, rich, variant }: ManifestPlan, content: string): readonly Shard[] {
  return Array.from({ length: ranks }, (_, rank) => {
    const digest = digestOf(`${content}/${rank}`)
    const blob = {
      name: 'state.bin',
      uri: `s3://states/${content}/${rank}`,
      versionId: `v-${digest.slice(-8)}`,
      sizeBytes: content.length + rank,
      digest,
    }
    const hasSeeds = rich && (variant === 0 || rank === 0)
    return {
      rank,
      blobs: [blob],
      ...(hasSeeds ? { seeds: [{ generator: 'numpy.pcg64', seed: 7 + rank }] } : {}),
    }
  })
}

function richMembers(variant: 0 | 1, step: number): Partial<Manifest> {
  const input = { name: 'fares.csv' }
  return {
    inputs: [variant === 0 ? { ...input, version: 'v7' } : input],
    parameters: { rate: step / 2 },
    format: { name: 'fare-model', version: `1.${variant}` },
    progress: { records: step * 100 },
    labels: { stage: variant === 0 ? 'early' : 'late' },
  }
}
