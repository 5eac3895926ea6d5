import { documentDigest, type Manifest } from './fact.ts'
import type { Registration } from './request.ts'
import { faultOf } from './standing.ts'
import { accepted, recorded, refused, repeated, type Verdict, type Violation } from './verdict.ts'
import { currentRun, isFenced, type RunRecord, type Saved, type World } from './world.ts'

/** What must come of registering a manifest; the leaf hash of its entry is not the model's to know. */
export function decideRegistration(
  world: World,
  { manifest, digest }: Registration,
  at: string,
): Verdict {
  const checkpoint = documentDigest(manifest)
  if (digest !== undefined && digest !== checkpoint) return refused('DIGEST_MISMATCH')
  const first = world.checkpoints.get(checkpoint)
  if (first !== undefined) return repeated(receiptOf(world, first))
  const run = world.runs.get(manifest.run)
  const broken = [
    ...brokenByItself(manifest),
    ...(run === undefined
      ? [{ code: 'RUN_NOT_FOUND' } as const]
      : brokenInRun(world, run, manifest)),
    ...brokenReferences(world, manifest),
  ]
  if (broken.length > 0) return { broken }
  const base = manifest.base === undefined ? undefined : world.checkpoints.get(manifest.base)
  const facts = recorded(world, at, [
    {
      kind: 'checkpoint.registered',
      subject: checkpoint,
      chainLength: 1 + (base?.chainLength ?? 0),
      restoredFrom: run?.checkpoints.length === 0 ? run.opened.restoredFrom?.checkpoint : undefined,
      manifest,
    },
  ])
  return accepted(world, facts, (after) => {
    const saved = after.checkpoints.get(checkpoint)
    return saved && receiptOf(after, saved)
  })
}

function receiptOf(world: World, { checkpoint, index, at }: Saved): unknown {
  return { namespace: world.namespace, checkpoint, index, at }
}

function brokenByItself({ base, kind, shards, worldSize }: Manifest): readonly Violation[] {
  const broken: Violation[] = []
  if ((kind === 'delta') !== (base !== undefined)) broken.push({ code: 'BASE_REQUIRED' })
  const ranks = shards.map(({ rank }) => rank).toSorted((left, right) => left - right)
  const whole =
    ranks.length === (worldSize ?? ranks.length) && ranks.every((rank, at) => rank === at)
  if (!whole) broken.push({ code: 'SHARDS_INCOMPLETE' })
  return broken
}

function brokenInRun(world: World, run: RunRecord, manifest: Manifest): readonly Violation[] {
  const broken: Violation[] = []
  const { opened, closed, checkpoints } = run
  const { attempt, job, partition = '' } = manifest
  if (opened.job !== job || opened.partition !== partition || opened.attempt !== attempt) {
    broken.push({ code: 'RUN_MISMATCH' })
  }
  if (closed !== undefined) broken.push({ code: 'RUN_CLOSED' })
  if (isFenced(world, run)) {
    const current = currentRun(world, opened.job, opened.partition)
    broken.push({ code: 'ATTEMPT_FENCED', tells: current?.opened.attempt })
  }
  const last = checkpoints.at(-1)
  if (last !== undefined && manifest.step < last.manifest.step) {
    broken.push({ code: 'STEP_REGRESSION', tells: last.manifest.step })
  }
  const first = checkpoints.find(
    (saved) => saved.manifest.step === manifest.step && saved.manifest.tier === manifest.tier,
  )
  if (first !== undefined) broken.push({ code: 'REGISTRATION_CONFLICT', tells: first.checkpoint })
  return broken
}

function brokenReferences(world: World, manifest: Manifest): readonly Violation[] {
  const broken: Violation[] = []
  if (manifest.base !== undefined) {
    const base = world.checkpoints.get(manifest.base)
    if (base === undefined) broken.push({ code: 'BASE_NOT_FOUND' })
    else broken.push(...brokenOnBase(world, base, manifest))
  }
  for (const { checkpoint } of manifest.parents ?? []) {
    if (!world.checkpoints.has(checkpoint)) broken.push({ code: 'PARENT_NOT_FOUND' })
  }
  if (manifest.environment !== undefined && !world.environments.has(manifest.environment)) {
    broken.push({ code: 'ENVIRONMENT_NOT_FOUND' })
  }
  return broken
}

function brokenOnBase(world: World, base: Saved, manifest: Manifest): readonly Violation[] {
  const broken: Violation[] = []
  const sameLine =
    base.manifest.job === manifest.job && base.partition === (manifest.partition ?? '')
  if (!sameLine || base.manifest.step > manifest.step) broken.push({ code: 'BASE_MISMATCH' })
  if (faultOf(world, base) !== undefined) broken.push({ code: 'BASE_NOT_GOOD' })
  return broken
}
