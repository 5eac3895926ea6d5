import type { Digest } from '../../schema/digest.ts'
import type { EdgeRelation, Lineage, LineageEdge } from '../../schema/lineage.ts'
import type { LogIndex } from '../../schema/names.ts'

/** Nodes whose edges are asked for at a time: bounds what one question can bring back. */
const NODES_AT_A_TIME = 16
/** Edges of an answer that are there however few its nodes: more than one checkpoint has parents. */
const EDGES_BASE_COUNT = 100
/** Further edges for each node that may be answered; a run's own checkpoints need one or two. */
const EDGES_PER_NODE = 10

/** An edge, seen from the node at its near end. */
export interface Link {
  readonly edge: LineageEdge
  /** Index of the checkpoint at the far end. */
  readonly index: LogIndex
  /** Whether the far end may be named, and nothing more. */
  readonly hidden: boolean
}

/** Links of some nodes, in any order. */
export interface FoundLinks {
  readonly links: readonly Link[]
  /** Whether these are all. */
  readonly complete: boolean
}

/** How a walk learns the links at some nodes. */
export type LinksOf = (nodes: readonly Digest[]) => Promise<FoundLinks>

/** Where to begin, which way to go, and how far. */
export interface Walk {
  readonly root: Digest
  readonly direction: Lineage['direction']
  /** Most edges between the root and a node. */
  readonly depth: number
  /** Most nodes, the root included. */
  readonly limit: number
}

/** Nodes nearest first, each once, with the edges met on the way. */
export interface Walked {
  readonly nodes: readonly { readonly checkpoint: Digest; readonly depth: number }[]
  readonly edges: readonly LineageEdge[]
  /** Whether a bound kept out a node or an edge. */
  readonly truncated: boolean
}

/**
 * Walks breadth first. Within a depth, the far end nearest in the log comes first: newest among ancestors,
 * oldest among descendants. Edges to nodes that are left out are answered too: they are the frontier.
 */
export async function walkLineage(walk: Walk, linksOf: LinksOf): Promise<Walked> {
  const { root, direction, limit } = walk
  const maxEdges = EDGES_BASE_COUNT + EDGES_PER_NODE * limit
  const depths = new Map<Digest, number>([[root, 0]])
  const edges: LineageEdge[] = []
  let truncated = false
  let level: readonly Digest[] = [root]
  for (let depth = 1; level.length > 0; depth += 1) {
    const { links, complete } = await linksOfLevel(level, linksOf, maxEdges - edges.length)
    truncated ||= !complete
    const next: Digest[] = []
    for (const { edge, hidden } of inOrder(links, direction)) {
      if (edges.length >= maxEdges) {
        truncated = true
        break
      }
      edges.push(edge)
      const far = direction === 'ancestors' ? edge.parent : edge.child
      if (hidden || depths.has(far)) continue
      if (depth > walk.depth || depths.size >= limit) {
        truncated = true
        continue
      }
      depths.set(far, depth)
      next.push(far)
    }
    level = next
  }
  const nodes = [...depths].map(([checkpoint, depth]) => ({ checkpoint, depth }))
  return { nodes, edges, truncated }
}

/** Links of a level, until there are more than the answer has room for. */
async function linksOfLevel(
  level: readonly Digest[],
  linksOf: LinksOf,
  room: number,
): Promise<FoundLinks> {
  const links: Link[] = []
  let complete = true
  for (let start = 0; start < level.length; start += NODES_AT_A_TIME) {
    if (links.length >= room) return { links, complete: false }
    const found = await linksOf(level.slice(start, start + NODES_AT_A_TIME))
    for (const link of found.links) links.push(link)
    complete &&= found.complete
  }
  return { links, complete }
}

/** Ranks of relations between the same two checkpoints. */
const relationRanks: Readonly<Record<EdgeRelation, number>> = {
  follows: 0,
  'delta-of': 1,
  'restored-from': 2,
  'derived-from': 3,
  'merged-from': 4,
}

function inOrder(links: readonly Link[], direction: Walk['direction']): readonly Link[] {
  const sign = direction === 'ancestors' ? -1 : 1
  return links.toSorted(
    (left, right) =>
      sign * (left.index - right.index) ||
      relationRanks[left.edge.relation] - relationRanks[right.edge.relation],
  )
}
