import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { LineageEdge } from '../../schema/lineage.ts'
import type { LogIndex } from '../../schema/names.ts'
import {
  walkLineage,
  type Link,
  type LinksOf,
  type Walk,
} from '../../server/lineage/walk-lineage.ts'

type Direction = Walk['direction']

/** Checkpoints by their index; each edge goes from a younger child to an older parent. */
interface Graph {
  readonly size: number
  readonly edges: readonly (readonly [child: number, parent: number])[]
  readonly hidden?: ReadonlySet<number>
}

const nodes: readonly Digest[] = Array.from({ length: 3000 }, (_, index) => digestOf(`${index}`))
const node = (index: number): Digest => nodes[index] ?? assert.fail('the graph is too large')
const indexOf = (digest: Digest): number => nodes.indexOf(digest)

const edgeOf = ([child, parent]: readonly [number, number]): LineageEdge => ({
  child: node(child),
  parent: node(parent),
  relation: 'derived-from',
})

function linksOf({ edges, hidden }: Graph, direction: Direction): LinksOf {
  const links = new Map<Digest, Link[]>()
  for (const pair of edges) {
    const edge = edgeOf(pair)
    const [near, index] = direction === 'ancestors' ? [edge.child, pair[1]] : [edge.parent, pair[0]]
    const link = { edge, index: index as LogIndex, hidden: hidden?.has(index) ?? false }
    links.set(near, [...(links.get(near) ?? []), link])
  }
  return async (wanted) => ({
    links: wanted.flatMap((one) => links.get(one) ?? []),
    complete: true,
  })
}

/** Distances by relaxing every edge until nothing changes: slow, and another way than the code's. */
function distances({ edges, size }: Graph, root: number, direction: Direction): readonly number[] {
  const found = Array.from({ length: size }, (_, index) => (index === root ? 0 : Infinity))
  for (let round = 0; round < size; round += 1) {
    for (const [child, parent] of edges) {
      const [near, far] = direction === 'ancestors' ? [child, parent] : [parent, child]
      found[far] = Math.min(found[far] ?? Infinity, (found[near] ?? Infinity) + 1)
    }
  }
  return found
}

/** Any child but the first node, with some parent older than it. */
const graphs: fc.Arbitrary<Graph> = fc
  .uniqueArray(
    fc
      .tuple(fc.integer({ min: 1, max: 23 }), fc.nat())
      .map(([child, seed]) => [child, seed % child] as const),
    { maxLength: 60, selector: ([child, parent]) => `${child} ${parent}` },
  )
  .map((edges) => ({ size: 24, edges }))
const directions = fc.constantFrom<Direction>('ancestors', 'descendants')

/** Node i follows node i - 1. */
const chainOf = (size: number): Graph => ({
  size,
  edges: Array.from({ length: size - 1 }, (_, index) => [index + 1, index] as const),
})

describe('a walk through lineage', () => {
  it('finds every node within its depth, at its distance, once and nearest first', async () => {
    await fc.assert(
      fc.asyncProperty(
        graphs,
        directions,
        fc.nat(),
        fc.integer({ min: 1, max: 8 }),
        async (graph, direction, seed, depth) => {
          const root = seed % graph.size
          const walk = { root: node(root), direction, depth, limit: 1000 }
          const walked = await walkLineage(walk, linksOf(graph, direction))
          const expected = distances(graph, root, direction)
          const found = new Map(walked.nodes.map((one) => [indexOf(one.checkpoint), one.depth]))
          assert.equal(found.size, walked.nodes.length)
          for (const [index, distance] of expected.entries()) {
            assert.equal(found.get(index), distance <= depth ? distance : undefined)
          }
          const depths = walked.nodes.map((one) => one.depth)
          assert.deepEqual(
            depths,
            depths.toSorted((left, right) => left - right),
          )
          const isCut = expected.some((distance) => distance > depth && distance < Infinity)
          assert.equal(walked.truncated, isCut)
        },
      ),
    )
  })

  it('answers every edge at its nodes once, those to the frontier included', async () => {
    await fc.assert(
      fc.asyncProperty(
        graphs,
        directions,
        fc.nat(),
        fc.integer({ min: 1, max: 8 }),
        async (graph, direction, seed, limit) => {
          const walk = { root: node(seed % graph.size), direction, depth: 5, limit }
          const walked = await walkLineage(walk, linksOf(graph, direction))
          const found = new Set(walked.nodes.map((one) => one.checkpoint))
          const near = direction === 'ancestors' ? 'child' : 'parent'
          const expected = graph.edges.map(edgeOf).filter((edge) => found.has(edge[near]))
          const key = (edge: LineageEdge) => `${edge.child} ${edge.parent}`
          assert.deepEqual(walked.edges.map(key).toSorted(), expected.map(key).toSorted())
          assert.ok(walked.nodes.length <= limit)
        },
      ),
    )
  })

  it('counts the root against the limit', async () => {
    const walk = { root: node(9), direction: 'ancestors', depth: 100, limit: 1 } as const
    const walked = await walkLineage(walk, linksOf(chainOf(10), 'ancestors'))
    assert.deepEqual(walked.nodes, [{ checkpoint: node(9), depth: 0 }])
    assert.deepEqual(walked.edges, [edgeOf([9, 8])])
    assert.equal(walked.truncated, true)
  })

  it('is whole when depth and limit are just enough', async () => {
    const walk = { root: node(9), direction: 'ancestors', depth: 9, limit: 10 } as const
    const walked = await walkLineage(walk, linksOf(chainOf(10), 'ancestors'))
    assert.equal(walked.nodes.length, 10)
    assert.equal(walked.truncated, false)
  })

  it('keeps the nodes of a depth that are nearest in the log when there are too many', async () => {
    const star = { size: 6, edges: [5, 2, 4, 1, 3].map((child) => [child, 0] as const) }
    const down = { root: node(0), direction: 'descendants', depth: 1, limit: 3 } as const
    const children = await walkLineage(down, linksOf(star, 'descendants'))
    assert.deepEqual(
      children.nodes.map((one) => indexOf(one.checkpoint)),
      [0, 1, 2],
    )
    const fan = { size: 6, edges: [2, 0, 4, 1, 3].map((parent) => [5, parent] as const) }
    const up = { root: node(5), direction: 'ancestors', depth: 1, limit: 3 } as const
    const parents = await walkLineage(up, linksOf(fan, 'ancestors'))
    assert.deepEqual(
      parents.nodes.map((one) => indexOf(one.checkpoint)),
      [5, 4, 3],
    )
  })

  it('names a hidden node by its edge, goes no further, and is not cut short by it', async () => {
    const graph = { ...chainOf(4), hidden: new Set([1]) }
    const walk = { root: node(3), direction: 'ancestors', depth: 9, limit: 9 } as const
    const walked = await walkLineage(walk, linksOf(graph, 'ancestors'))
    assert.deepEqual(
      walked.nodes.map((one) => indexOf(one.checkpoint)),
      [3, 2],
    )
    assert.deepEqual(walked.edges, [edgeOf([3, 2]), edgeOf([2, 1])])
    assert.equal(walked.truncated, false)
  })

  it('bounds the edges of an answer, and says that it did', async () => {
    const star = {
      size: 2500,
      edges: Array.from({ length: 2499 }, (_, index) => [index + 1, 0] as const),
    }
    const walk = { root: node(0), direction: 'descendants', depth: 1, limit: 10 } as const
    const walked = await walkLineage(walk, linksOf(star, 'descendants'))
    assert.equal(walked.nodes.length, 10)
    assert.equal(walked.edges.length, 200)
    assert.equal(walked.truncated, true)
  })

  it('says that it was cut short when the links at a node were', async () => {
    const walk = { root: node(0), direction: 'descendants', depth: 5, limit: 10 } as const
    const walked = await walkLineage(walk, async () => ({ links: [], complete: false }))
    assert.equal(walked.truncated, true)
  })

  it('asks for the links of a node once, however many ways lead there', async () => {
    const layers = 12
    const edges = Array.from({ length: layers - 1 }, (_, layer) =>
      [0, 1].flatMap((above) =>
        [0, 1].map((below) => [2 * (layer + 1) + above, 2 * layer + below] as const),
      ),
    ).flat()
    const asked: Digest[] = []
    const links = linksOf({ size: 2 * layers, edges }, 'ancestors')
    const walk = {
      root: node(2 * layers - 1),
      direction: 'ancestors',
      depth: 99,
      limit: 99,
    } as const
    const walked = await walkLineage(walk, async (wanted) => {
      asked.push(...wanted)
      return links(wanted)
    })
    assert.equal(new Set(asked).size, asked.length)
    assert.equal(walked.nodes.length, 2 * layers - 1)
  })
})
