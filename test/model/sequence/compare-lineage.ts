import type { Edge, Family } from '../oracle/family.ts'
import { valueDifference } from './compare.ts'

/**
 * How a lineage differs from what must come.
 *
 * The order among equally near nodes is open, and so is which of them a limit cuts off; so the nodes that came
 * stand for that choice, and only nearest ones may have been chosen. Edges that lead out of what was told are
 * open too: they say where it was cut.
 */
export function lineageDifference(limit: number, whole: Family, came: Family): string | undefined {
  const chosen = new Set(came.nodes.map((node) => node.checkpoint['checkpoint']))
  const isSorted = came.nodes.every((node, at) => node.depth >= (came.nodes[at - 1]?.depth ?? 0))
  const depths = whole.nodes.map((node) => node.depth).toSorted((left, right) => left - right)
  const endsTold = ({ child, parent }: Edge): number =>
    Number(chosen.has(child)) + Number(chosen.has(parent))
  const real = new Set(inOrder(whole.edges))
  const expected = {
    ...whole,
    nodes: inOrder(whole.nodes.filter((node) => chosen.has(node.checkpoint['checkpoint']))),
    edges: inOrder(whole.edges.filter((edge) => endsTold(edge) === 2)),
    truncated: whole.truncated || whole.nodes.length > limit,
    depths: depths.slice(0, limit),
    isSorted: true,
    edgesOut: [],
  }
  return valueDifference(expected, {
    ...came,
    nodes: inOrder(came.nodes),
    edges: inOrder(came.edges.filter((edge) => endsTold(edge) === 2)),
    depths: came.nodes.map((node) => node.depth),
    isSorted,
    edgesOut: inOrder(came.edges.filter((edge) => endsTold(edge) === 0)).concat(
      inOrder(came.edges).filter((edge) => !real.has(edge)),
    ),
  })
}

const inOrder = (items: readonly unknown[]): readonly string[] =>
  items.map((item) => JSON.stringify(item, withSortedMembers)).toSorted()

function withSortedMembers(_name: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)),
      )
    : value
}
