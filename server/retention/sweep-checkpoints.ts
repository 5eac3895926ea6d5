import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Digest } from '../../schema/digest.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { SweepReport } from '../../schema/sweep.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { newestIndex } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import { chooseDue, type DueObject, type DueSlice } from './choose-due.ts'
import { confirmUnused } from './confirm-unused.ts'
import { findUses, type SeenUses } from './find-uses.ts'
import { intendRemoval } from './intend-removal.ts'
import { recordOutcomes } from './record-outcomes.ts'
import { removeObjects, type Removed } from './remove-objects.ts'
import type { Asker } from './tombstone-dropped.ts'

/** Objects that could not be removed and are named in an answer; the number of them is exact. */
const LEFT_MAX_COUNT = 100

interface Slice extends DueSlice {
  readonly namespace: NamespaceName
}

/** Every namespace, and how far what it uses was looked for. */
type Seen = ReadonlyMap<NamespaceName, SeenUses>

/**
 * Removes bytes of withdrawn checkpoints whose grace is over: one slice, and where to go on. For each object the
 * intent is recorded first, under the head lock, then it is removed, then the outcome is recorded; a slice that ends in
 * the middle is gone on with by the next one.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | INVALID_CURSOR}
 */
export async function sweepCheckpoints(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'sweepCheckpoints'>,
): Promise<SweepReport> {
  const { dryRun, job } = body
  const grant =
    job === undefined
      ? requireOnNamespace(principal, 'retire', namespace)
      : requireOnJob(principal, 'retire', { namespace, job })
  await newestIndex(context.db, namespace)
  const scope = { list: 'sweep', namespace, job: job ?? null }
  const [index, object] =
    body.after === undefined ? [-1, ''] : parseCursor(scope, body.after, ['number', 'string'])
  const after = { index: index as LogIndex, object: String(object) }
  const due = await chooseDue(context.db, { namespace, job, after, nowMs: context.nowMs() })
  const slice = { ...due, namespace }
  const { free, shared, seen } = await splitUsed(context, slice)
  const looked = await removeObjects(context, free, { namespace, step: 'look' })
  const asker = askerOf(context, principal, grant)
  const done = dryRun
    ? { removed: looked, shared: 0, swept: [] }
    : await removeFree(context, asker, { slice, looked, shared, seen })
  return {
    dryRun,
    checkpointCount: due.totals.size,
    sweptCount: done.swept.length,
    ...countsOf(done.removed),
    sharedCount: shared.length + done.shared,
    waitingCount: due.waitingCount,
    next: due.next === undefined ? null : encodeCursor(scope, [due.next.index, due.next.object]),
  }
}

/** What was bound to a key is one answer, and a sweep has many commands, each safe to repeat. */
function askerOf({ request }: Context, principal: Principal, grant: string): Asker {
  const { idempotency: _, ...asked } = allowedBy(request, grant)
  return { actor: principal.id, ...asked }
}

/** Tells what nothing needs from what something does, in any namespace. */
async function splitUsed(
  { db, nowMs }: Context,
  { objects }: Slice,
): Promise<{
  readonly free: readonly DueObject[]
  readonly shared: readonly DueObject[]
  readonly seen: Seen
}> {
  const wanted = new Set(objects.map(({ object }) => object))
  const seen = new Map<NamespaceName, SeenUses>()
  if (wanted.size === 0) return { free: [], shared: [], seen }
  const all = new Set<Digest>()
  for (const namespace of await namespacesOf(db)) {
    const found = await findUses(db, namespace, { wanted, nowMs: nowMs() })
    seen.set(namespace, found.seen)
    for (const object of found.used) all.add(object)
  }
  return {
    free: objects.filter(({ object }) => !all.has(object)),
    shared: objects.filter(({ object }) => all.has(object)),
    seen,
  }
}

async function removeFree(
  context: Context,
  asker: Asker,
  at: {
    readonly slice: Slice
    readonly looked: readonly Removed[]
    readonly shared: readonly DueObject[]
    readonly seen: Seen
  },
): Promise<{
  readonly removed: readonly Removed[]
  readonly shared: number
  readonly swept: readonly Digest[]
}> {
  const { slice, looked, shared, seen } = at
  const { namespace, totals } = slice
  const possible = looked.flatMap((one) => ('outcome' in one ? [one.object] : []))
  const own = seen.get(namespace)
  const intended =
    own === undefined || possible.length === 0
      ? []
      : await intendRemoval(context, asker, { namespace, objects: possible, seen: own })
  const used = await usedElsewhere(context, { namespace, intended, seen })
  const clear = intended.filter(({ object }) => !used.has(object))
  const open = await stillOpen(context, namespace, clear)
  const removed = await removeObjects(context, open, { namespace, step: 'remove' })
  const lost = possible.filter((object) => !clear.includes(object))
  const swept = await recordOutcomes(context, asker, {
    namespace,
    totals,
    ended: [
      ...removed.filter((one) => 'outcome' in one),
      // An intent that is still open ends here, so that the object may be referred to again.
      ...[...shared, ...lost].map((object) => ({ object, outcome: 'kept' as const })),
      ...looked.filter(isLocked).map(({ object }) => ({ object, outcome: 'locked' as const })),
    ],
  })
  const impossible = looked.filter((one) => 'left' in one)
  return { removed: [...impossible, ...removed], shared: lost.length, swept }
}

const isLocked = (one: Removed): boolean => 'left' in one && one.left.code === 'BLOB_LOCKED'

/** What other namespaces came to need since they were looked through; after the intents, so that none can be missed. */
async function usedElsewhere(
  context: Context,
  at: {
    readonly namespace: NamespaceName
    readonly intended: readonly DueObject[]
    readonly seen: Seen
  },
): Promise<ReadonlySet<Digest>> {
  const wanted = new Set(at.intended.map(({ object }) => object))
  const used = new Set<Digest>()
  if (wanted.size === 0) return used
  const nothing: SeenUses = { index: -1 as LogIndex, held: new Set() }
  for (const namespace of await namespacesOf(context.db)) {
    if (namespace === at.namespace) continue
    const seen = at.seen.get(namespace) ?? nothing
    for (const object of await confirmUnused(context, namespace, { wanted, seen })) used.add(object)
  }
  return used
}

async function namespacesOf(db: Reader): Promise<readonly NamespaceName[]> {
  const heads = await db.selectFrom('log_head').select('namespace').where('size', '>', 0).execute()
  return heads.map((head) => head.namespace)
}

/** Objects whose intent nobody has ended meanwhile: what another server has removed may be there anew by now. */
async function stillOpen(
  { db }: Context,
  namespace: NamespaceName,
  objects: readonly DueObject[],
): Promise<readonly DueObject[]> {
  if (objects.length === 0) return []
  const rows = await db
    .selectFrom('sweep')
    .select(['checkpoint', 'object'])
    .where('namespace', '=', namespace)
    .where('outcome', 'is', null)
    .where('checkpoint', 'in', [...new Set(objects.map(({ checkpoint }) => checkpoint))])
    .execute()
  const open = new Set(rows.map(({ checkpoint, object }) => `${checkpoint} ${object}`))
  return objects.filter(({ checkpoint, object }) => open.has(`${checkpoint} ${object}`))
}

function countsOf(
  removed: readonly Removed[],
): Pick<SweepReport, 'removedCount' | 'removedBytes' | 'absentCount' | 'leftCount' | 'left'> {
  const outcomes = removed.flatMap((one) => ('outcome' in one ? [one] : []))
  // Two withdrawn checkpoints may share an object, which goes once.
  const gone = new Map(
    outcomes
      .filter(({ outcome }) => outcome === 'removed')
      .map(({ object }) => [object.object, object.sizeBytes]),
  )
  const left = removed.flatMap((one) => {
    if ('left' in one) return [one.left]
    if (one.outcome !== 'locked') return []
    const { checkpoint, uri, versionId } = one.object
    const message = 'An object lock keeps it.'
    return [{ checkpoint, uri, versionId, code: 'BLOB_LOCKED', message }]
  })
  return {
    removedCount: gone.size,
    removedBytes: [...gone.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0),
    absentCount: outcomes.filter(({ outcome }) => outcome === 'absent').length,
    leftCount: left.length,
    left: left.slice(0, LEFT_MAX_COUNT),
  }
}
