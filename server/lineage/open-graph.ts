import type { Digest } from '../../schema/digest.ts'
import type { EdgeRelation } from '../../schema/lineage.ts'
import type { JobName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readLinks, type LinksQuestion } from './read-links.ts'
import { readRunPart } from './read-run-part.ts'
import type { Link, LinksOf } from './walk-lineage.ts'

/** Most checkpoints of a run read at a time: a chain of a thousand takes a handful of reads. */
const PART_MAX_COUNT = 256
/** Checkpoints that the first read of a run takes; each further one takes twice as many. */
const PART_MIN_COUNT = 16
/** Most nodes of one IN list; SQLite binds at most 32,766 values. */
const IN_MAX_COUNT = 256

/** Which links may be seen. */
export interface GraphQuestion extends LinksQuestion {
  /** Whether the principal may see this job's checkpoints. */
  readonly mayRead: (job: JobName) => boolean
}

/** Checkpoints and their links, read ahead in parts and kept for one answer. */
export interface Graph {
  readonly linksOf: LinksOf
  /** The row of a node that some link led to. */
  readonly rowOf: (node: Digest) => Row<'checkpoint'>
}

/**
 * The checkpoints around a root. An edge belongs to its child: who may not read the child does not see
 * the edge, and who may not read the parent sees only the digest that the child's manifest names.
 */
export function openGraph(db: Reader, root: Row<'checkpoint'>, question: GraphQuestion): Graph {
  const rows = new Map<Digest, Row<'checkpoint'>>([[root.digest, root]])
  const links = new Map<Digest, Link[]>()
  const cut = new Set<Digest>()
  const partCounts = new Map<string, number>()

  const rowOf = (node: Digest): Row<'checkpoint'> => {
    const row = rows.get(node)
    if (row === undefined) throw new Error(`no link led to ${node}`)
    return row
  }
  const linkTo = (near: Digest, relation: EdgeRelation, far: Row<'checkpoint'>): Link => {
    rows.set(far.digest, far)
    const edge =
      question.direction === 'ancestors'
        ? { child: near, parent: far.digest, relation }
        : { child: far.digest, parent: near, relation }
    return { edge, index: far.log_index, hidden: !question.mayRead(far.job) }
  }
  /** Begins the links of a node, and of the checkpoints of its run that are likely to be next. */
  const startRun = async (node: Digest, started: Map<Digest, Link[]>): Promise<void> => {
    const from = rowOf(node)
    const count = partCounts.get(from.run) ?? PART_MIN_COUNT
    partCounts.set(from.run, Math.min(2 * count, PART_MAX_COUNT))
    const { rows: part, ends } = await readRunPart(db, { ...question, from, count })
    part.forEach((row, place) => {
      const next = part[place + 1]
      if ((next === undefined && !ends) || links.has(row.digest)) return
      rows.set(row.digest, row)
      started.set(row.digest, next === undefined ? [] : [linkTo(row.digest, 'follows', next)])
    })
  }
  /** Adds what is recorded beside the run's own order; a node with very many links ends up alone. */
  const addRecorded = async (
    nodes: readonly Digest[],
    started: ReadonlyMap<Digest, Link[]>,
  ): Promise<void> => {
    const { found, complete } = await readLinks(db, question, nodes)
    if (!complete && nodes.length > 1) {
      const half = Math.ceil(nodes.length / 2)
      await addRecorded(nodes.slice(0, half), started)
      return addRecorded(nodes.slice(half), started)
    }
    for (const { near, relation, far } of found) {
      const link = linkTo(near, relation, far)
      if (!link.hidden || question.direction === 'ancestors') started.get(near)?.push(link)
    }
    for (const node of nodes) {
      links.set(node, started.get(node) ?? [])
      if (!complete) cut.add(node)
    }
  }

  return {
    rowOf,
    linksOf: async (nodes) => {
      const started = new Map<Digest, Link[]>()
      for (const node of nodes) {
        if (!links.has(node) && !started.has(node)) await startRun(node, started)
      }
      for (const slice of slices([...started.keys()])) await addRecorded(slice, started)
      return {
        links: nodes.flatMap((node) => links.get(node) ?? []),
        complete: !nodes.some((node) => cut.has(node)),
      }
    },
  }
}

function slices(nodes: readonly Digest[]): readonly (readonly Digest[])[] {
  const count = Math.ceil(nodes.length / IN_MAX_COUNT)
  return Array.from({ length: count }, (_, place) =>
    nodes.slice(place * IN_MAX_COUNT, (place + 1) * IN_MAX_COUNT),
  )
}
