import { mayOnJob, type Principal } from '../../schema/grant.ts'
import type { Lineage } from '../../schema/lineage.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { summarize } from '../timeline/summarize.ts'
import { openGraph } from './open-graph.ts'
import { walkLineage } from './walk-lineage.ts'

/** Edges between the root and the farthest node, when nothing is asked for. */
const DEPTH_DEFAULT = 10
/** Nodes, when nothing is asked for. */
const LIMIT_DEFAULT_COUNT = 100

/**
 * Ancestors (default) or descendants of a checkpoint, nearest first, as of an index. The root is a node,
 * at depth 0, and counts against `limit` (default 100); `depth` (default 10) counts edges.
 *
 * Checkpoints of jobs that the principal may not read are left out; as parents, edges name them still.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getLineage(
  { db }: Context,
  principal: Principal,
  input: InputOf<'getLineage'>,
): Promise<Lineage> {
  const { namespace, digest: root, direction = 'ancestors' } = input
  const { depth = DEPTH_DEFAULT, limit = LIMIT_DEFAULT_COUNT } = input
  const asOf = await resolveAsOf(db, namespace, input.asOf)
  const asker = { principal, verb: 'read' } as const
  const row = await readCheckpoint(db, asker, { namespace, digest: root, asOf })
  const { linksOf, rowOf } = openGraph(db, row, {
    namespace,
    direction,
    asOf,
    mayRead: (job) => mayOnJob(principal, 'read', { namespace, job }),
  })
  const walked = await walkLineage({ root, direction, depth, limit }, linksOf)
  const rows = walked.nodes.map((node) => rowOf(node.checkpoint))
  const summaries = await summarize(db, rows, asOf)
  return {
    root,
    direction,
    nodes: summaries.map((checkpoint, place) => ({
      depth: walked.nodes[place]?.depth ?? 0,
      checkpoint,
    })),
    edges: walked.edges,
    truncated: walked.truncated,
  }
}
