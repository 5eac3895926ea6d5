import assert from 'node:assert/strict'
import type { LineageEdge } from '../../schema/lineage.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Run } from '../../schema/run.ts'
import type { TestCatalog } from '../harness/catalog.ts'
import { idOf, sampleManifest } from '../harness/samples.ts'

/** Where the namespace of these tests is. */
export const place = '/v1/namespaces/ns'
export const jobs = ['job-a', 'job-b'] as const

/** A registered checkpoint, and the edges to its parents that a reader would work out by hand. */
export interface Registered {
  readonly id: Manifest['shards'][number]['blobs'][number]['digest']
  readonly job: string
  readonly index: number
  readonly edges: readonly LineageEdge[]
}

/** A whole number from 0 up to, and without, a limit. */
export type Draw = (limit: number) => number

/** The same numbers for the same seed: a linear congruential generator of 31 bits. */
export function pickFrom(seed: number): Draw {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return Math.floor((state / 0x8000_0000) * limit)
  }
}

interface OpenRun {
  readonly run: Run
  readonly restored: Registered | undefined
  readonly line: Registered[]
  readonly tiers: Set<Manifest['tier']>
  step: number
}

/**
 * Registers checkpoints of two jobs at random: both tiers at a step, deltas, declared parents, and runs
 * that go on from any older checkpoint of their job.
 */
export async function registerAtRandom(
  catalog: TestCatalog,
  pick: Draw,
  count: number,
): Promise<readonly Registered[]> {
  const all: Registered[] = []
  const open = new Map<string, OpenRun>()
  for (let made = 0; made < count; made += 1) {
    const job = jobs[pick(3) === 0 ? 1 : 0]
    let at = open.get(job)
    if (at === undefined || pick(25) === 0) {
      const own = all.filter((one) => one.job === job)
      at = await openRun(catalog, job, pick(3) === 0 ? undefined : own[pick(own.length)])
      open.set(job, at)
    }
    const one = await register(catalog, at, drawMembers(at, all, pick))
    all.push(one)
    at.line.push(one)
  }
  return all
}

async function openRun(
  catalog: TestCatalog,
  job: string,
  restored: Registered | undefined,
): Promise<OpenRun> {
  const { status, body } = await catalog.call('POST', `${place}/runs`, {
    job,
    resume: restored?.id ?? 'none',
  })
  assert.equal(status, 201, JSON.stringify(body))
  return { run: body.run, restored, line: [], tiers: new Set(), step: 0 }
}

function drawMembers(at: OpenRun, all: readonly Registered[], pick: Draw): Partial<Manifest> {
  const tier = pick(2) === 0 ? 'durable' : 'light'
  if (at.line.length === 0 || at.tiers.has(tier) || pick(4) > 0) {
    at.step += 1 + pick(3)
    at.tiers.clear()
  }
  at.tiers.add(tier)
  const base = pick(3) === 0 ? at.line.at(-1 - pick(5)) : undefined
  const relations = ['derived-from', 'merged-from', 'restored-from'] as const
  const parents = Array.from({ length: Math.max(0, pick(6) - 3) }, () => all[pick(all.length)])
    .filter((parent) => parent !== undefined)
    .map(({ id }) => ({ relation: relations[pick(3)] ?? 'derived-from', checkpoint: id }))
  return {
    tier,
    ...(base === undefined ? {} : { base: base.id }),
    ...(parents.length === 0 ? {} : { parents }),
  }
}

async function register(
  catalog: TestCatalog,
  { run, step, line, restored }: OpenRun,
  members: Partial<Manifest>,
): Promise<Registered> {
  const manifest = sampleManifest(run, step, members)
  const { status, body } = await catalog.call('POST', `${place}/checkpoints`, { manifest })
  assert.equal(status, 201, JSON.stringify(body))
  const id = idOf(manifest)
  const edges = new Map<string, LineageEdge>()
  const link = (parent: Registered['id'] | undefined, relation: LineageEdge['relation']): void => {
    if (parent !== undefined) edges.set(`${relation} ${parent}`, { child: id, parent, relation })
  }
  link(line.at(-1)?.id, 'follows')
  link(members.base, 'delta-of')
  for (const parent of members.parents ?? []) link(parent.checkpoint, parent.relation)
  if (line.length === 0) link(restored?.id, 'restored-from')
  return { id, job: run.job, index: body.index, edges: [...edges.values()] }
}
