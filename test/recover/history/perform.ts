import assert from 'node:assert/strict'
import type { Manifest } from '../../../schema/manifest.ts'
import type { Called } from '../../harness/catalog.ts'
import { idOf, sampleBlob, sampleManifest } from '../../harness/samples.ts'
import { answered, refused, type Scene } from '../../register/scene.ts'
import { lines, type Action } from './actions.ts'
import { ask } from './ask.ts'
import {
  latestOf,
  refusalsOfClose,
  refusalsOfManifest,
  refusalsOfTombstone,
  type Refusals,
} from './expect.ts'
import { assertRefused, assertSkipped, newest, UNKNOWN, type Play } from './play.ts'
import { restore } from './restore.ts'
import {
  attemptsOf,
  faultsOf,
  partitionOf,
  savedBy,
  worldOf,
  type KnownCheckpoint,
  type KnownRun,
  type World,
} from './world.ts'

/** Begins a history in a declared namespace: records the environment. */
export async function beginPlay(scene: Scene): Promise<Play> {
  const document = { schemaVersion: 1, sections: { runtime: { node: '24' } } }
  const environment = idOf(document as never)
  answered(await scene.put(`/environments/${environment}`, document), 201)
  return {
    scene,
    environment,
    happenings: [
      { kind: 'namespace.declared' },
      { kind: 'log-key.published' },
      { kind: 'environment.recorded', environment },
    ],
  }
}

/** Carries out an action, holds the answer against the model, and remembers what happened. */
export async function perform(play: Play, action: Action): Promise<void> {
  const world = worldOf(play.happenings)
  switch (action.kind) {
    case 'declare':
      return declare(play, world, lines[action.line]?.job ?? '')
    case 'open':
      return open(play, world, action)
    case 'register':
      return register(play, world, newManifest(play, world, action))
    case 'repeat':
    case 'conflict': {
      const known = newest([...world.checkpoints.values()], action.pick)
      if (known === undefined) return
      const shards = [{ rank: 0, blobs: [sampleBlob('other.bin', `${world.size}`)] }]
      const { manifest } = known
      return register(play, world, action.kind === 'repeat' ? manifest : { ...manifest, shards })
    }
    case 'close':
      return close(play, world, action)
    case 'tombstone':
      return tombstone(play, world, action)
    case 'evidence':
      return evidence(play, world, action)
    case 'restore':
      return restore(play, world, action)
    default:
      return ask(play, action)
  }
}

async function declare({ scene, happenings }: Play, world: World, job: string): Promise<void> {
  const { index } = answered(await scene.put(`/jobs/${job}`, {}), 200)
  if (world.jobs.has(job)) assert.ok(index < world.size)
  else {
    assert.equal(index, world.size)
    happenings.push({ kind: 'job.declared', job })
  }
}

async function open(
  { scene, happenings }: Play,
  world: World,
  action: Action & { kind: 'open' },
): Promise<void> {
  const { job, partition } = lines[action.line] ?? lines[0]
  const { minGrade } = action
  const named =
    typeof action.resume === 'number'
      ? newest([...world.checkpoints.values()], action.resume)
      : undefined
  const resume = typeof action.resume === 'number' ? (named?.checkpoint ?? UNKNOWN) : action.resume
  const answer = await scene.post('/runs', {
    job,
    partition,
    resume,
    ...(minGrade === undefined ? {} : { minGrade }),
  })
  const latest = latestOf(world, { job, partition, minGrade })
  const refusals = new Set<string>()
  if (typeof action.resume === 'number') {
    if (named === undefined) refusals.add('CHECKPOINT_NOT_FOUND')
    else if (named.manifest.job !== job || partitionOf(named.manifest) !== partition) {
      refusals.add('RESUME_MISMATCH')
    } else if (faultsOf(world, named, { minGrade }).size > 0) refusals.add('CHECKPOINT_NOT_GOOD')
  } else if (resume === 'latest' && latest.good === undefined) {
    const reasons = [...latest.skipped.values()]
    if (reasons.some((any) => !any.has('ABANDONED'))) refusals.add('NO_GOOD_CHECKPOINT')
  }
  if (refusals.size > 0) return assertRefused(answer, refusals)

  const from = resume === 'none' ? undefined : (named ?? latest.good)
  const { run, plan, skipped } = answered(answer, 201)
  const attempt = attemptsOf(world, job, partition).length + 1
  const restoredFrom = from && {
    checkpoint: from.checkpoint,
    run: from.manifest.run as never,
    step: from.manifest.step,
  }
  assert.equal(run.attempt, attempt)
  assert.equal(run.state, 'open')
  assert.deepEqual(run.restoredFrom, restoredFrom)
  assert.equal(plan?.checkpoint, from?.checkpoint)
  if (resume === 'latest') assertSkipped(skipped, latest.skipped)
  if (!world.jobs.has(job)) happenings.push({ kind: 'job.declared', job })
  assert.equal(run.openedIndex, happenings.length)
  happenings.push({
    kind: 'run.opened',
    run: { run: run.run, job, partition, attempt, restoredFrom },
  })
}

function newManifest(play: Play, world: World, action: Action & { kind: 'register' }): Manifest {
  const run = newest([...world.runs.values()], action.pick) ?? unknownRun
  const saved = savedBy(world, run.run)
  const all = [...world.checkpoints.values()]
  const lastStep = saved.at(-1)?.manifest.step ?? run.restoredFrom?.step ?? 4
  const base = action.base === undefined ? undefined : newest(all, action.base)
  const parent = action.parent === undefined ? undefined : newest(all, action.parent)
  const environments = { none: undefined, known: play.environment, unknown: UNKNOWN }
  const environment = environments[action.environment]
  const { namespace } = play.scene
  return sampleManifest(
    { ...run, namespace, run: run.run, job: run.job, partition: run.partition } as never,
    Math.max(0, lastStep + action.stride),
    {
      tier: action.tier,
      shards: [{ rank: 0, blobs: [sampleBlob('state.bin', `${world.size}`)] }],
      ...(base === undefined ? {} : { base: base.checkpoint }),
      ...(environment === undefined ? {} : { environment }),
      ...(parent === undefined
        ? {}
        : { parents: [{ relation: 'derived-from', checkpoint: parent.checkpoint }] }),
    },
  )
}

const unknownRun: KnownRun = {
  run: 'nobody',
  job: 'fares',
  partition: '',
  attempt: 1,
  index: 0,
  restoredFrom: undefined,
}

async function register(play: Play, world: World, manifest: Manifest): Promise<void> {
  const { scene, happenings } = play
  const checkpoint = idOf(manifest)
  const answer = await scene.register(manifest)
  const known = world.checkpoints.get(checkpoint)
  if (known !== undefined) {
    const receipt = answered(answer, 200)
    assert.equal(receipt.index, known.index)
    assert.equal(receipt.checkpoint, checkpoint)
    return
  }
  const refusals = refusalsOfManifest(world, manifest)
  if (isRefused(answer, refusals)) return
  const receipt = answered(answer, 201)
  assert.equal(receipt.index, world.size)
  assert.equal(receipt.checkpoint, checkpoint)
  happenings.push({ kind: 'checkpoint.registered', checkpoint, manifest })
}

async function close(
  { scene, happenings }: Play,
  world: World,
  { pick, outcome }: Action & { kind: 'close' },
): Promise<void> {
  const run = newest([...world.runs.values()], pick)?.run ?? 'nobody'
  const answer = await scene.post(`/runs/${run}/close`, { outcome })
  if (isRefused(answer, refusalsOfClose(world, run, outcome))) return
  const closed = answered(answer, 200)
  assert.equal(closed.state, 'closed')
  assert.equal(closed.outcome, outcome)
  if (world.runs.get(run)?.outcome === undefined) {
    assert.equal(closed.closedIndex, world.size)
    happenings.push({ kind: 'run.closed', run, outcome })
  }
}

async function tombstone(
  { scene, happenings }: Play,
  world: World,
  action: Action & { kind: 'tombstone' },
): Promise<void> {
  const all = [...world.checkpoints.values()]
  const known = newest(all, action.pick)
  if (known === undefined) {
    refused(await scene.tombstone(UNKNOWN), 'CHECKPOINT_NOT_FOUND')
    return
  }
  const { reason } = action
  const successor =
    action.successor === undefined ? undefined : newest(all, action.successor)?.checkpoint
  const members = { reason, ...(successor === undefined ? {} : { successor }) }
  const answer = await scene.tombstone(known.checkpoint, members)
  if (isRefused(answer, refusalsOfTombstone(world, known, { reason, successor }))) return
  if (known.tombstone !== undefined) {
    assert.ok(answered(answer, 200).index < world.size)
    return
  }
  assert.equal(answered(answer, 201).index, world.size)
  const { checkpoint } = known
  happenings.push({ kind: 'checkpoint.tombstoned', checkpoint, reason, successor })
}

async function evidence(
  { scene, happenings }: Play,
  world: World,
  { pick, finding, outcome }: Action & { kind: 'evidence' },
): Promise<void> {
  const known: KnownCheckpoint | undefined = newest([...world.checkpoints.values()], pick)
  const answer = await scene.evidence(known?.checkpoint ?? UNKNOWN, finding, outcome)
  if (known === undefined) {
    refused(answer, 'CHECKPOINT_NOT_FOUND')
    return
  }
  assert.equal(answered(answer, 201).index, world.size)
  happenings.push({ kind: 'evidence.recorded', checkpoint: known.checkpoint, finding, outcome })
}

/** Whether the answer is a refusal, which it has to be for one of these reasons, or else must not be. */
function isRefused(answer: Called, { must, may = new Set() }: Refusals): boolean {
  const isProblem = answer.status >= 400
  if (must.size === 0 && (!isProblem || may.size === 0)) return false
  assertRefused(answer, new Set([...must, ...may]))
  return true
}
