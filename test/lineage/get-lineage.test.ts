import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseDigest } from '../../schema/digest.ts'
import type { Lineage, LineageEdge } from '../../schema/lineage.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Run } from '../../schema/run.ts'
import { dialects, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { jobs, pickFrom, place, registerAtRandom, type Registered } from './random-catalog.ts'

interface Question {
  readonly direction: Lineage['direction']
  readonly depth: number
  readonly asOf: number
}

/** The answer without bounds on nodes, worked out from every edge there is. */
function answerByHand(
  all: readonly Registered[],
  root: Registered,
  { direction, depth, asOf, mayRead }: Question & { readonly mayRead: (id: string) => boolean },
) {
  const [near, far] =
    direction === 'ancestors' ? (['child', 'parent'] as const) : (['parent', 'child'] as const)
  const edges = all
    .filter((one) => one.index <= asOf && mayRead(one.id))
    .flatMap((one) => one.edges)
  const depths = new Map<string, number>([[root.id, 0]])
  for (let at = 1; at <= depth; at += 1) {
    const met = edges.filter((edge) => depths.get(edge[near]) === at - 1 && mayRead(edge[far]))
    for (const edge of met) if (!depths.has(edge[far])) depths.set(edge[far], at)
  }
  const answered = edges.filter((edge) => depths.has(edge[near]))
  const truncated = answered.some((edge) => mayRead(edge[far]) && !depths.has(edge[far]))
  return { depths, edges: answered.map(textOf).toSorted(), truncated }
}

const textOf = (edge: LineageEdge): string => `${edge.child} ${edge.relation} ${edge.parent}`

for (const dialect of dialects) {
  describe(`lineage on ${dialect}`, () => {
    let catalog: TestCatalog
    let tokenOfA: string

    const ask = async (id: string, query: Record<string, string | number>, token?: string) => {
      const search = new URLSearchParams(
        Object.entries(query).map(([name, value]) => [name, String(value)]),
      )
      const path = `${place}/checkpoints/${id}/lineage?${search.toString()}`
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const { status, body } = await catalog.call('GET', path, undefined, headers)
      assert.equal(status, 200, JSON.stringify(body))
      return body as Lineage
    }

    before(async () => {
      catalog = await openTestCatalog(dialect)
      await catalog.call('PUT', place, {})
      tokenOfA = await catalog.tokenFor('reader-of-a', [{ verbs: ['read'], on: `ns/${jobs[0]}` }])
    })
    after(() => catalog.close())

    it('is what every edge by hand gives, at any index, in any bounds, for any reader', async () => {
      const pick = pickFrom(7)
      const all = await registerAtRandom(catalog, pick, 160)
      const jobOf = new Map<string, string>(all.map((one) => [one.id, one.job]))
      const newest = all.at(-1)?.index ?? 0
      for (let round = 0; round < 120; round += 1) {
        const token = pick(3) === 0 ? tokenOfA : undefined
        const mayRead = (id: string): boolean => token === undefined || jobOf.get(id) === jobs[0]
        const roots = all.filter((one) => mayRead(one.id))
        const root = roots[pick(roots.length)] ?? assert.fail('nothing was registered')
        const question: Question = {
          direction: pick(2) === 0 ? 'ancestors' : 'descendants',
          depth: pick(3) === 0 ? 1000 : 1 + pick(12),
          asOf: pick(2) === 0 ? newest : root.index + pick(newest - root.index + 1),
        }
        const expected = answerByHand(all, root, { ...question, mayRead })
        const found = await ask(root.id, { ...question, limit: 1000 }, token)
        const depths = new Map(found.nodes.map((node) => [node.checkpoint.checkpoint, node.depth]))
        assert.deepEqual(depths, expected.depths)
        assert.deepEqual(found.edges.map(textOf).toSorted(), expected.edges)
        assert.equal(found.truncated, expected.truncated)

        const limit = 1 + pick(20)
        const cut = await ask(root.id, { ...question, limit }, token)
        assert.equal(cut.nodes.length, Math.min(limit, expected.depths.size))
        assert.equal(cut.truncated, expected.truncated || expected.depths.size > limit)
      }
    })

    const openRun = async (job: string): Promise<Run> => {
      const { body } = await catalog.call('POST', `${place}/runs`, { job, resume: 'none' })
      return body.run
    }

    const registerAll = async (manifests: readonly Manifest[]): Promise<readonly string[]> => {
      const ids: string[] = []
      for (let start = 0; start < manifests.length; start += 200) {
        const items = manifests.slice(start, start + 200).map((manifest) => ({ manifest }))
        const { body } = await catalog.call('POST', `${place}/checkpoints/batch`, { items })
        for (const { receipt } of body.results) ids.push(receipt.checkpoint)
      }
      return ids
    }

    it('follows a run for a thousand checkpoints, in the order of the log, both ways', async () => {
      const run = await openRun('long')
      // Steps of one tier and of two, in either order: wherever a read ends, some end within a step.
      const tiers = [['light', 'durable'], ['durable', 'light'], ['durable']] as const
      const ids = await registerAll(
        Array.from({ length: 720 }, (_, step) =>
          (tiers[step % 3] ?? []).map((tier) => sampleManifest(run, step, { tier })),
        ).flat(),
      )
      const idsOf = ({ nodes }: Lineage) => nodes.map((node) => node.checkpoint.checkpoint)
      for (const skipped of [0, 1, 2]) {
        const up = await ask(ids.at(-1 - skipped) ?? '', { depth: 1000, limit: 1000 })
        assert.deepEqual(idsOf(up), ids.toReversed().slice(skipped, skipped + 1000))
        const query = { direction: 'descendants', depth: 1000, limit: 1000 }
        const down = await ask(ids[skipped] ?? '', query)
        assert.deepEqual(idsOf(down), ids.slice(skipped, skipped + 1000))
        assert.deepEqual([up.truncated, down.truncated], [true, true])
      }
    })

    it('says that it is cut when there are more children than are read, seen or not', async () => {
      const [root = ''] = await registerAll([sampleManifest(await openRun(jobs[0]), 0)])
      const parents = [{ relation: 'derived-from', checkpoint: parseDigest(root) }] as const
      const run = await openRun(jobs[1])
      const children = await registerAll(
        Array.from({ length: 2_200 }, (_, step) => sampleManifest(run, step, { parents })),
      )
      const query = { direction: 'descendants', depth: 1, limit: 50 }
      const seen = await ask(root, query)
      const found = seen.nodes.map((node) => node.checkpoint.checkpoint)
      assert.deepEqual(found, [root, ...children.slice(0, 49)])
      assert.equal(seen.truncated, true)
      const unseen = await ask(root, query, tokenOfA)
      assert.equal(unseen.nodes.length, 1)
      assert.deepEqual(unseen.edges, [])
      assert.equal(unseen.truncated, true)
    })
  })
}
