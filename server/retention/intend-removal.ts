import type { Digest } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import type { Decision, Draft } from '../log/command.ts'
import type { Reader } from '../store/database.ts'
import type { DueObject } from './choose-due.ts'
import { findUses, type SeenUses } from './find-uses.ts'
import { readTerms } from './read-terms.ts'
import type { Asker } from './tombstone-dropped.ts'

/** What is to be removed, and what was known when it was chosen. */
export interface Removal {
  readonly namespace: NamespaceName
  readonly objects: readonly DueObject[]
  readonly seen: SeenUses
}

/**
 * Records that objects are about to be removed, under the head lock, where nothing has come to need them since; gives
 * those. From here on no registration may refer to them.
 */
export async function intendRemoval(
  context: Pick<Context, 'log' | 'nowMs'>,
  asker: Asker,
  removal: Removal,
): Promise<readonly DueObject[]> {
  return context.log.append({
    ...asker,
    namespace: removal.namespace,
    reads: [],
    decide: async (facts) => decide(await facts.query(), removal, context.nowMs()),
  })
}

async function decide(
  db: Reader,
  { namespace, objects, seen }: Removal,
  nowMs: number,
): Promise<Decision<readonly DueObject[]>> {
  const wanted = new Set(objects.map(({ object }) => object))
  const { used } = await findUses(db, namespace, { wanted, nowMs, seen })
  const due = await stillDue(db, namespace, { objects, nowMs })
  const open = await openIntents(db, namespace, [...due.keys()])
  const begun = new Set([...due].filter(([, isBegun]) => isBegun).map(([digest]) => digest))
  const accepted = objects.filter(
    ({ checkpoint, object }) => due.has(checkpoint) && !used.has(object),
  )
  const drafts: { readonly entry: Draft }[] = []
  for (const { checkpoint, object, uri, versionId } of accepted) {
    // A sweep that ended in the middle has said so already.
    if (open.has(`${checkpoint} ${object}`)) continue
    const begins = !begun.has(checkpoint)
    begun.add(checkpoint)
    drafts.push({
      entry: {
        kind: 'sweep.intended',
        subject: checkpoint,
        uri,
        versionId,
        ...(begins ? { begins } : {}),
      },
    })
  }
  return { drafts, result: () => accepted }
}

/** The checkpoints whose grace is still over, and whether their removal has begun. */
async function stillDue(
  db: Reader,
  namespace: NamespaceName,
  { objects, nowMs }: { readonly objects: readonly DueObject[]; readonly nowMs: number },
): Promise<ReadonlyMap<Digest, boolean>> {
  const terms = await readTerms(db, namespace, nowMs)
  const rows = await db
    .selectFrom('tombstone as t')
    .innerJoin('checkpoint as c', (join) =>
      join.onRef('c.namespace', '=', 't.namespace').onRef('c.digest', '=', 't.checkpoint'),
    )
    .select(['c.digest', 'c.job', 't.at as tombstonedAt', 't.sweep_index'])
    .where('t.namespace', '=', namespace)
    .where('t.checkpoint', 'in', [...new Set(objects.map(({ checkpoint }) => checkpoint))])
    .execute()
  const due = new Map<Digest, boolean>()
  for (const row of rows) {
    if (await terms.isDue(row)) due.set(row.digest, row.sweep_index !== null)
  }
  return due
}

async function openIntents(
  db: Reader,
  namespace: NamespaceName,
  checkpoints: readonly Digest[],
): Promise<ReadonlySet<string>> {
  if (checkpoints.length === 0) return new Set()
  const rows = await db
    .selectFrom('sweep')
    .select(['checkpoint', 'object'])
    .where('namespace', '=', namespace)
    .where('checkpoint', 'in', checkpoints)
    .where('outcome', 'is', null)
    .execute()
  return new Set(rows.map(({ checkpoint, object }) => `${checkpoint} ${object}`))
}
