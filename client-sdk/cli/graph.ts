/** A node of a graph, and the nodes that it comes from, of which each stands further down. */
export interface GraphNode {
  readonly id: string
  readonly parents: readonly string[]
}

/** One line of a drawing: its lines and junctions, and the node that stands on it, if any. */
export interface GraphLine {
  readonly lanes: string
  readonly id?: string
}

/** Lanes that are drawn; what is further right is cut, because no terminal is that wide. */
const LANES_MAX_COUNT = 20

/**
 * Draws a graph as `git log --graph` does: one node a line, children above their parents.
 *
 * A lane stands for a node that is awaited further down. Several lanes that await the same node meet just above
 * it. Takes time linear in nodes and lanes.
 *
 * @param nodes Children before their parents; a parent that is not among them is not drawn.
 */
export function drawGraph(nodes: readonly GraphNode[]): readonly GraphLine[] {
  const known = new Set(nodes.map((node) => node.id))
  const lanes: string[] = []
  const lines: GraphLine[] = []
  for (const { id, parents } of nodes) {
    if (!lanes.includes(id)) lanes.push(id)
    const place = lanes.indexOf(id)
    for (
      let other = lanes.indexOf(id, place + 1);
      other > 0;
      other = lanes.indexOf(id, place + 1)
    ) {
      lines.push({ lanes: joinLine(lanes.length, place, other) })
      lanes.splice(other, 1)
    }
    lines.push({ lanes: nodeLine(lanes.length, place), id })
    const [first, ...others] = [...new Set(parents)].filter((parent) => known.has(parent))
    if (first === undefined) {
      if (place < lanes.length - 1) lines.push({ lanes: endLine(lanes.length, place) })
      lanes.splice(place, 1)
      continue
    }
    lanes[place] = first
    for (const parent of others.toReversed()) {
      lines.push({ lanes: forkLine(lanes.length, place) })
      lanes.splice(place + 1, 0, parent)
    }
  }
  return lines
}

function nodeLine(count: number, place: number): string {
  return drawLine(count, (lane) => [lane * 2, lane === place ? '*' : '|'])
}

/** The lane at `other` turns into the one at `place`; those right of it move one to the left. */
function joinLine(count: number, place: number, other: number): string {
  const under: (readonly [number, string])[] = []
  for (let at = place * 2 + 1; at < other * 2 - 1; at += 2) under.push([at, '_'])
  return drawLine(count, (lane) => (lane < other ? [lane * 2, '|'] : [lane * 2 - 1, '/']), under)
}

/** The lane at `place` ends; those right of it move one to the left. */
function endLine(count: number, place: number): string {
  return drawLine(count, (lane) => {
    if (lane === place) return [lane * 2, ' ']
    return lane < place ? [lane * 2, '|'] : [lane * 2 - 1, '/']
  })
}

/** A new lane leaves the one at `place`; those right of it move one to the right. */
function forkLine(count: number, place: number): string {
  return drawLine(count, (lane) => (lane <= place ? [lane * 2, '|'] : [lane * 2 + 1, '\\']), [
    [place * 2 + 1, '\\'],
  ])
}

function drawLine(
  count: number,
  drawLane: (lane: number) => readonly [at: number, character: string],
  others: readonly (readonly [at: number, character: string])[] = [],
): string {
  const characters: string[] = []
  for (let lane = 0; lane < Math.min(count, LANES_MAX_COUNT); lane += 1) {
    const [at, character] = drawLane(lane)
    characters[at] = character
  }
  for (const [at, character] of others) {
    if (at < LANES_MAX_COUNT * 2) characters[at] = character
  }
  return Array.from(characters, (character) => character ?? ' ')
    .join('')
    .trimEnd()
}
