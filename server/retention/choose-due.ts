import type { Digest } from '../../schema/digest.ts'
import { objectsOf, type ReferredObject } from '../../schema/manifest-objects.ts'
import type { JobName, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readManifest } from '../timeline/read-document.ts'
import { readTerms } from './read-terms.ts'

/** Object versions of one slice: some seconds of work, and one entry each before and after. */
const OBJECTS_MAX_COUNT = 500
/** Withdrawn checkpoints looked at for one slice. */
const LOOKED_MAX_COUNT = 1_000

/** An object version that may go for a withdrawn checkpoint. */
export interface DueObject extends ReferredObject {
  readonly checkpoint: Digest
  readonly object: Digest
}

/** Behind a tombstone; with an object, behind that object of its checkpoint. */
export interface DuePlace {
  readonly index: LogIndex
  /** Empty behind the last one. */
  readonly object: string
}

/** What one slice of a sweep is about. */
export interface DueSlice {
  readonly objects: readonly DueObject[]
  /** Objects that each checkpoint has in all. */
  readonly totals: ReadonlyMap<Digest, number>
  readonly waitingCount: number
  /** Where the next slice begins; undefined at the end. */
  readonly next: DuePlace | undefined
}

/** The withdrawn checkpoints after a tombstone whose grace is over, and what is left of their objects. */
export async function chooseDue(
  db: Reader,
  question: {
    readonly namespace: NamespaceName
    readonly job?: JobName | undefined
    readonly after: DuePlace
    readonly nowMs: number
  },
): Promise<DueSlice> {
  const { namespace, nowMs } = question
  const terms = await readTerms(db, namespace, nowMs)
  const rows = await withdrawnAfter(db, question)
  const objects: DueObject[] = []
  const totals = new Map<Digest, number>()
  let waitingCount = 0
  let done = question.after
  for (const row of rows) {
    if (await terms.isDue(row)) {
      const all = objectsOf(await readManifest(db, row))
      const gone = await goneOf(db, row)
      const from = row.tombstone_index === question.after.index ? question.after.object : ''
      const rest = [...all]
        .filter(([object]) => !gone.has(object) && object > from)
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
      const room = OBJECTS_MAX_COUNT - objects.length
      totals.set(row.digest, all.size)
      for (const [object, referred] of rest.slice(0, room)) {
        objects.push({ checkpoint: row.digest, object, ...referred })
      }
      const object = rest[room - 1]?.[0] ?? ''
      if (rest.length > room) {
        const next = room === 0 ? done : { index: row.tombstone_index, object }
        return { objects, totals, waitingCount, next }
      }
    } else waitingCount += 1
    done = { index: row.tombstone_index, object: '' }
  }
  const next = rows.length < LOOKED_MAX_COUNT ? undefined : done
  return { objects, totals, waitingCount, next }
}

async function withdrawnAfter(
  db: Reader,
  at: {
    readonly namespace: NamespaceName
    readonly job?: JobName | undefined
    readonly after: DuePlace
  },
) {
  let query = db
    .selectFrom('tombstone as t')
    .innerJoin('checkpoint as c', (join) =>
      join.onRef('c.namespace', '=', 't.namespace').onRef('c.digest', '=', 't.checkpoint'),
    )
    .select([
      't.log_index as tombstone_index',
      't.at as tombstonedAt',
      'c.namespace',
      'c.digest',
      'c.job',
      'c.log_index',
    ])
    .where('t.namespace', '=', at.namespace)
    .where('t.swept_index', 'is', null)
    .where('t.log_index', at.after.object === '' ? '>' : '>=', at.after.index)
    .orderBy('t.log_index')
    .limit(LOOKED_MAX_COUNT)
  if (at.job !== undefined) query = query.where('c.job', '=', at.job)
  return query.execute()
}

async function goneOf(
  db: Reader,
  { namespace, digest }: Pick<Row<'checkpoint'>, 'namespace' | 'digest'>,
): Promise<ReadonlySet<Digest>> {
  const rows = await db
    .selectFrom('sweep')
    .select('object')
    .where('namespace', '=', namespace)
    .where('checkpoint', '=', digest)
    .where('outcome', 'in', ['removed', 'absent'])
    .execute()
  return new Set(rows.map((row) => row.object))
}
