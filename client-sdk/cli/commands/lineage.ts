import type { Lineage, LineageEdge, LineageNode } from '../../api.ts'
import { standingOf, standingStyle } from '../checkpoint-columns.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, required, toggle } from '../flag.ts'
import { readCount, readDigest } from '../flag-values.ts'
import { drawGraph } from '../graph.ts'
import { asOf } from '../listing.ts'
import { plainText } from '../plain-text.ts'
import type { Screen } from '../screen.ts'
import { cut, widthOf } from '../table.ts'

/** What the catalog allows. */
const DEPTH_MAX = 1000
const NODES_MAX_COUNT = 1000

/** Characters of a digest that tell checkpoints apart at a glance: `sha256:` and twelve digits. */
const DIGEST_MIN_WIDTH = 20

export const lineage = command({
  words: 'lineage',
  summary: 'draw what a checkpoint came from, or what came from it',
  heading: 'Records',
  takes: {
    digest: required({ usage: '<digest>', summary: 'the checkpoint' }, readDigest),
    descendants: toggle('--descendants', 'what came from it, instead'),
    depth: optional(
      { usage: '--depth <count>', summary: `how far to look, at most ${DEPTH_MAX}; default 10` },
      readCount(1, DEPTH_MAX),
    ),
    limit: optional(
      {
        usage: '--limit <count>',
        summary: `most checkpoints, at most ${NODES_MAX_COUNT}; default 100`,
      },
      readCount(1, NODES_MAX_COUNT),
    ),
    asOf,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.lineage.of(
      values.digest,
      defined({
        direction: values.descendants ? ('descendants' as const) : undefined,
        depth: values.depth,
        limit: values.limit,
        asOf: values.asOf,
      }),
    )
    return { document: found, text: (screen) => drawLineage(screen, found) }
  },
})

/** A lineage as a tree of lines, newest first: nothing comes from what was registered after it. */
export function drawLineage(screen: Screen, found: Lineage): string {
  const nodes = found.nodes.toSorted((one, other) => other.checkpoint.index - one.checkpoint.index)
  const edges = new Map<string, LineageEdge[]>()
  for (const edge of found.edges) {
    const known = edges.get(edge.child)
    if (known === undefined) edges.set(edge.child, [edge])
    else known.push(edge)
  }
  const byId = new Map<string, LineageNode>(nodes.map((node) => [node.checkpoint.checkpoint, node]))
  const graph = drawGraph(
    nodes.map(({ checkpoint: { checkpoint: id } }) => ({
      id,
      parents: (edges.get(id) ?? []).map((edge) => edge.parent),
    })),
  )
  const lines = graph.map(({ lanes, id }) => {
    const node = id === undefined ? undefined : byId.get(id)
    if (node === undefined) return screen.style('dim', lanes)
    return drawNode(screen, lanes, {
      node,
      isRoot: id === found.root,
      relations: (edges.get(node.checkpoint.checkpoint) ?? []).flatMap((edge) =>
        edge.relation === 'follows'
          ? []
          : [`${edge.relation} ${byId.get(edge.parent)?.checkpoint.step ?? 'further back'}`],
      ),
    })
  })
  if (found.truncated) {
    lines.push(screen.style('dim', 'There is more: --depth and --limit look further.'))
  }
  return lines.join('\n')
}

function drawNode(
  screen: Screen,
  lanes: string,
  drawn: {
    readonly node: LineageNode
    readonly isRoot: boolean
    readonly relations: readonly string[]
  },
): string {
  const { checkpoint } = drawn.node
  const standing = standingOf(checkpoint)
  const style = standingStyle(checkpoint)
  const where = `${plainText(checkpoint.run)} #${checkpoint.attempt}`
  const relations = drawn.relations.length === 0 ? '' : `  (${drawn.relations.join(', ')})`
  const head = `${lanes} step ${checkpoint.step}`
  const middle = `  ${checkpoint.kind} ${checkpoint.tier}  `
  const usedWidth = widthOf([head, middle, standing, where, relations].join('')) + 4
  const digestWidth = Math.max(DIGEST_MIN_WIDTH, (screen.columns ?? Infinity) - usedWidth)
  const digest = cut(checkpoint.checkpoint, digestWidth)
  return [
    drawn.isRoot ? screen.style('bold', head) : head,
    middle,
    style === undefined ? standing : screen.style(style, standing),
    `  ${where}  `,
    screen.style('dim', digest),
    screen.style('yellow', relations),
  ].join('')
}
