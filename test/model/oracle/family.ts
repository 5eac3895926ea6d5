import { isDeepStrictEqual } from 'node:util'
import type { Saved, World } from './world.ts'

/** A link from a checkpoint to one that it came from. */
export interface Edge {
  readonly child: string
  readonly parent: string
  readonly relation: 'follows' | 'delta-of' | 'restored-from' | 'derived-from' | 'merged-from'
}

/** The answer to a question of lineage. */
export interface Family {
  readonly root: string
  readonly direction: string
  readonly nodes: readonly {
    readonly depth: number
    readonly checkpoint: Readonly<Record<string, unknown>>
  }[]
  readonly edges: readonly Edge[]
  readonly truncated: boolean
}

/** Everything that a checkpoint came from directly. */
function edgesUp(world: World, saved: Saved): readonly Edge[] {
  const { base, parents = [], run } = saved.manifest
  const edges: Edge[] = []
  const add = (relation: Edge['relation'], parent: string): void => {
    const edge = { child: saved.checkpoint, parent, relation }
    if (!edges.some((one) => isDeepStrictEqual(one, edge))) edges.push(edge)
  }
  const record = world.runs.get(run)
  const place = record?.checkpoints.indexOf(saved) ?? 0
  const before = record?.checkpoints[place - 1]
  const restored = record?.opened.restoredFrom
  if (before !== undefined) add('follows', before.checkpoint)
  if (before === undefined && restored !== undefined) add('restored-from', restored.checkpoint)
  if (base !== undefined) add('delta-of', base)
  for (const { relation, checkpoint } of parents) add(relation, checkpoint)
  return edges
}

/** Every link of a world. */
export function allEdges(world: World): readonly Edge[] {
  return [...world.checkpoints.values()].flatMap((saved) => edgesUp(world, saved))
}

/** The fewest links from a root to everything that can be reached from it. */
export function depthsFrom(
  edges: readonly Edge[],
  root: string,
  direction: 'ancestors' | 'descendants',
): ReadonlyMap<string, number> {
  const depths = new Map([[root, 0]])
  // A map's iterator also visits what is added while it runs, so this is a walk, nearest first.
  for (const [checkpoint, depth] of depths) {
    for (const { child, parent } of edges) {
      const [from, to] = direction === 'ancestors' ? [child, parent] : [parent, child]
      if (from === checkpoint && !depths.has(to)) depths.set(to, depth + 1)
    }
  }
  return depths
}
