import type { Digest } from '../../schema/digest.ts'
import type { EdgeRelation, Lineage } from '../../schema/lineage.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'

/** Links read at once, for one node or many: twice the nodes of the largest answer. */
const LINKS_MAX_COUNT = 2_048

/** Added to the index of a row: SQLite would read the namespace in order rather than sort a few rows. */
const ZERO = 0 as LogIndex

/** Which way, where, and as of when. */
export interface LinksQuestion {
  readonly namespace: NamespaceName
  readonly direction: Lineage['direction']
  readonly asOf: LogIndex
}

/** A checkpoint that is linked to one that was asked about. */
export interface LinkedRow {
  readonly near: Digest
  readonly relation: EdgeRelation
  readonly far: Row<'checkpoint'>
}

/** What is recorded of checkpoints' links. */
export interface Links {
  readonly found: readonly LinkedRow[]
  /** Whether these are all; otherwise the oldest ones, of any of the nodes. */
  readonly complete: boolean
}

type FoundRow = Row<'checkpoint'> & { readonly near: Digest | null }
type FoundEdge = FoundRow & { readonly relation: EdgeRelation }

/** Bases, deltas and declared parents or children; `follows` is told by the run. At most 256 nodes. */
export async function readLinks(
  db: Reader,
  question: LinksQuestion,
  nodes: readonly Digest[],
): Promise<Links> {
  const [edges, chains] =
    question.direction === 'ancestors'
      ? [await parents(db, question, nodes), await bases(db, question, nodes)]
      : [await children(db, question, nodes), await deltas(db, question, nodes)]
  const found: LinkedRow[] = []
  for (const { near, relation, ...far } of edges) {
    if (near !== null) found.push({ near, relation, far })
  }
  for (const { near, ...far } of chains) {
    if (near !== null) found.push({ near, relation: 'delta-of', far })
  }
  const complete = Math.max(edges.length, chains.length) < LINKS_MAX_COUNT
  return { found, complete: complete || question.direction === 'ancestors' }
}

/** Bounded by the parents that one manifest may name. */
function parents(
  db: Reader,
  { namespace }: LinksQuestion,
  nodes: readonly Digest[],
): Promise<readonly FoundEdge[]> {
  return db
    .selectFrom('edge as e')
    .innerJoin('checkpoint as c', (join) =>
      join.onRef('c.digest', '=', 'e.parent').onRef('c.namespace', '=', 'e.namespace'),
    )
    .selectAll('c')
    .select(['e.child as near', 'e.relation'])
    .where('e.namespace', '=', namespace)
    .where('e.child', 'in', nodes)
    .execute()
}

function bases(
  db: Reader,
  { namespace }: LinksQuestion,
  nodes: readonly Digest[],
): Promise<readonly FoundRow[]> {
  return db
    .selectFrom('checkpoint as d')
    .innerJoin('checkpoint as c', (join) =>
      join.onRef('c.digest', '=', 'd.base').onRef('c.namespace', '=', 'd.namespace'),
    )
    .selectAll('c')
    .select('d.digest as near')
    .where('d.namespace', '=', namespace)
    .where('d.digest', 'in', nodes)
    .execute()
}

function children(
  db: Reader,
  { namespace, asOf }: LinksQuestion,
  nodes: readonly Digest[],
): Promise<readonly FoundEdge[]> {
  return db
    .selectFrom('edge as e')
    .innerJoin('checkpoint as c', (join) =>
      join.onRef('c.digest', '=', 'e.child').onRef('c.namespace', '=', 'e.namespace'),
    )
    .selectAll('c')
    .select(['e.parent as near', 'e.relation'])
    .where('e.namespace', '=', namespace)
    .where('e.parent', 'in', nodes)
    .where((eb) => eb(eb('c.log_index', '+', ZERO), '<=', asOf))
    .orderBy((eb) => eb('c.log_index', '+', ZERO))
    .limit(LINKS_MAX_COUNT)
    .execute()
}

function deltas(
  db: Reader,
  { namespace, asOf }: LinksQuestion,
  nodes: readonly Digest[],
): Promise<readonly FoundRow[]> {
  return db
    .selectFrom('checkpoint as c')
    .selectAll('c')
    .select('c.base as near')
    .where('c.namespace', '=', namespace)
    .where('c.base', 'in', nodes)
    .where((eb) => eb(eb('c.log_index', '+', ZERO), '<=', asOf))
    .orderBy((eb) => eb('c.log_index', '+', ZERO))
    .limit(LINKS_MAX_COUNT)
    .execute()
}
