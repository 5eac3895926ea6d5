import assert from 'node:assert/strict'
import type { Called } from '../../harness/catalog.ts'
import { answered, itemsOf, refused } from '../../register/scene.ts'
import { lines, type Action } from './actions.ts'
import { latestOf, parentsOf, warningsOf } from './expect.ts'
import { assertRefused, assertSkipped, newest, type Play } from './play.ts'
import {
  attemptsOf,
  chainOf,
  faultsOf,
  isAbandoned,
  partitionOf,
  savedBy,
  standingOf,
  worldOf,
  type KnownCheckpoint,
  type World,
} from './world.ts'

type Asking = Extract<Action, { readonly back: number | undefined }>

/** Asks a question about now or an earlier time, and holds the answer against the model. */
export async function ask(play: Play, action: Asking): Promise<void> {
  const { happenings } = play
  const asOf =
    action.back === undefined ? undefined : Math.max(0, happenings.length - 1 - action.back)
  const world = worldOf(asOf === undefined ? happenings : happenings.slice(0, asOf + 1))
  switch (action.kind) {
    case 'latest':
    case 'plan':
      return askLatest(play, { action, world, asOf })
    case 'lists':
      return askLists(play, world, asOf)
    default: {
      const known = newest([...worldOf(happenings).checkpoints.values()], action.pick)
      if (known === undefined) return
      return askAbout(play, { action, world, asOf, known })
    }
  }
}

type Member = string | number | boolean | undefined

const query = (members: Readonly<Record<string, Member>>): string =>
  `?${new URLSearchParams(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString()}`

interface LatestAsking {
  readonly action: Asking & { kind: 'latest' | 'plan' }
  readonly world: World
  readonly asOf: number | undefined
}

async function askLatest(play: Play, { action, world, asOf }: LatestAsking): Promise<void> {
  const { scene } = play
  const { job, partition } = lines[action.line] ?? lines[0]
  const { minGrade, includeAbandoned } = action
  const maxStep = action.kind === 'plan' ? action.maxStep : undefined
  const environment = action.inEnvironment ? play.environment : undefined
  const asked = { partition, minGrade, environment, includeAbandoned, maxStep, asOf }
  const members = Object.entries({ job, ...asked }).filter(([, value]) => value !== undefined)
  const answer =
    action.kind === 'latest'
      ? await scene.latest(job, query(asked))
      : await scene.post('/recovery-plans', Object.fromEntries(members))
  const { good, skipped } = latestOf(world, { job, ...asked })
  if (good === undefined) {
    if (world.jobs.has(job)) assertSkipped(refused(answer, 'NO_GOOD_CHECKPOINT').skipped, skipped)
    else assertRefused(answer, new Set(['JOB_NOT_FOUND']))
    return
  }
  const body = answered(answer, 200)
  assertSkipped(body.skipped, skipped)
  assert.equal(body.asOf, asOf ?? world.size - 1)
  if (action.kind === 'latest') assertSummary(world, body.checkpoint, good)
  else assertPlan(world, body, good)
}

interface AboutAsking {
  readonly action: Exclude<Asking, { readonly kind: 'latest' | 'plan' | 'lists' }>
  readonly world: World
  readonly asOf: number | undefined
  readonly known: KnownCheckpoint
}

async function askAbout(play: Play, asking: AboutAsking): Promise<void> {
  const { action, world, asOf, known } = asking
  const { scene } = play
  const { checkpoint, manifest } = known
  const then = world.checkpoints.get(checkpoint)
  const answer = await callAbout(play, asking)
  if (then === undefined) {
    const isUndeclared = action.kind === 'planFrom' && !world.jobs.has(manifest.job)
    assertRefused(
      answer,
      new Set(['CHECKPOINT_NOT_FOUND', ...(isUndeclared ? ['JOB_NOT_FOUND'] : [])]),
    )
    return
  }
  if (action.kind === 'lineage') {
    assertLineage(world, answer, { known: then, direction: action.direction })
    return
  }
  const faults = faultsOf(world, then, {})
  if (action.kind === 'planFrom') {
    if (faults.size > 0) refused(answer, 'CHECKPOINT_NOT_GOOD')
    else assertPlan(world, answered(answer, 200), then)
    return
  }
  const body = answered(answer, 200)
  const abandoned = isAbandoned(world, then)
  assertSummary(world, body, then)
  assert.equal(body.good, faults.size === 0 && !abandoned)
  assert.equal(body.tombstone?.reason, then.tombstone?.reason)
  assert.equal(body.tombstone?.successor, then.tombstone?.successor)
  if (!body.good) {
    const reasons: ReadonlySet<string> = new Set([...faults, ...(abandoned ? ['ABANDONED'] : [])])
    assert.ok(reasons.has(body.why.reason), `${body.why.reason} is none of ${[...reasons].join()}`)
  }
  if (asOf === undefined) {
    assert.deepEqual((await scene.get(`/checkpoints/${checkpoint}/manifest`)).body, manifest)
  }
}

function callAbout({ scene }: Play, { action, asOf, known }: AboutAsking): Promise<Called> {
  const { checkpoint, manifest } = known
  const path = `/checkpoints/${checkpoint}`
  switch (action.kind) {
    case 'lineage': {
      const { direction } = action
      return scene.get(`${path}/lineage${query({ direction, asOf, depth: 1000, limit: 1000 })}`)
    }
    case 'planFrom': {
      const at = asOf === undefined ? {} : { asOf }
      const partition = partitionOf(manifest)
      return scene.post('/recovery-plans', { job: manifest.job, partition, checkpoint, ...at })
    }
    default:
      return scene.get(`${path}${query({ asOf })}`)
  }
}

async function askLists({ scene }: Play, world: World, asOf: number | undefined): Promise<void> {
  const page = query({ limit: 500, asOf })
  const checkpoints = itemsOf(await scene.get(`/checkpoints${page}`))
  const known = [...world.checkpoints.values()].toReversed()
  assert.equal(checkpoints.length, known.length)
  known.forEach((one, place) => assertSummary(world, checkpoints[place], one))

  const runs = itemsOf(await scene.get(`/runs${page}`))
  const opened = [...world.runs.values()].toReversed()
  assert.equal(runs.length, opened.length)
  opened.forEach((run, place) => {
    const isNewest = attemptsOf(world, run.job, run.partition).at(-1) === run
    const last = savedBy(world, run.run).at(-1)
    const body = runs[place]
    assert.equal(body.run, run.run)
    assert.equal(body.attempt, run.attempt)
    assert.equal(body.state, run.outcome ? 'closed' : isNewest ? 'open' : 'superseded')
    assert.equal(body.outcome, run.outcome)
    assert.equal(body.lastCheckpoint, last?.checkpoint)
    assert.equal(body.lastStep, last?.manifest.step)
    assert.deepEqual(body.restoredFrom, run.restoredFrom)
  })

  const jobs = itemsOf(await scene.get(`/jobs${page}`))
  assert.deepEqual(
    jobs.map((job: { readonly job: string }) => job.job),
    [...world.jobs].toSorted(),
  )
}

function assertSummary(world: World, body: Called['body'], known: KnownCheckpoint): void {
  const { manifest } = known
  assert.equal(body.checkpoint, known.checkpoint)
  assert.equal(body.index, known.index)
  assert.equal(body.step, manifest.step)
  assert.equal(body.tier, manifest.tier)
  assert.equal(body.base, manifest.base)
  assert.equal(body.environment, manifest.environment)
  assert.equal(body.chainLength, chainOf(world, known).length)
  assert.equal(body.grade, standingOf(known).grade)
  assert.equal(body.tombstoned, known.tombstone !== undefined)
  assert.equal(body.abandoned, isAbandoned(world, known))
}

function assertPlan(world: World, body: Called['body'], known: KnownCheckpoint): void {
  const chain = chainOf(world, known).toReversed()
  assert.equal(body.checkpoint, known.checkpoint)
  assert.deepEqual(
    body.stages,
    chain.map(({ checkpoint, manifest }) => ({
      checkpoint,
      kind: manifest.kind,
      step: manifest.step,
      blobs: manifest.shards.flatMap(({ rank, blobs }) => blobs.map((blob) => ({ rank, ...blob }))),
    })),
  )
  assert.equal(body.blobCount, chain.length)
  const codes = body.warnings.map((warning: { readonly code: string }) => warning.code)
  assert.deepEqual(codes, warningsOf(known, isAbandoned(world, known)))
}

function assertLineage(
  world: World,
  answer: Called,
  { known, direction }: { readonly known: KnownCheckpoint; readonly direction: string },
): void {
  const all = [...world.checkpoints.values()]
  const reached = new Set([known.checkpoint])
  const edges = new Set<string>()
  // Parents come before children in the log: one pass in the right order reaches everything.
  for (const one of direction === 'ancestors' ? all.toReversed() : all) {
    for (const [edge, parent] of parentsOf(world, one)) {
      const [near, far] =
        direction === 'ancestors' ? [one.checkpoint, parent] : [parent, one.checkpoint]
      if (!reached.has(near)) continue
      reached.add(far)
      edges.add(edge)
    }
  }
  const body = answered(answer, 200)
  assert.equal(body.truncated, false)
  assert.deepEqual(
    body.nodes
      .map((node: { readonly checkpoint: KnownCheckpoint }) => node.checkpoint.checkpoint)
      .toSorted(),
    [...reached].toSorted(),
  )
  assert.deepEqual(
    body.edges
      .map((edge: Readonly<Record<string, string>>) =>
        [edge['child'], edge['relation'], edge['parent']].join(' '),
      )
      .toSorted(),
    [...edges].toSorted(),
  )
}
