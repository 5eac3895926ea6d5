import type { NamespaceName, ReservationId } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { LOG_ACTOR, nothingNew } from '../log/command.ts'
import type { Row } from '../store/tables.ts'
import { leaseById, lineByJob, read, reservationById, runById } from '../timeline/lookups.ts'
import { abandonment, lapseOf } from './rules.ts'

/** Reservations looked at at a time: bounds memory. */
const PAGE_COUNT = 100

/**
 * Records every reservation whose lease has ended as abandoned, in all namespaces; gives their number. Any number of
 * servers may do so at once.
 *
 * @param onFailure Told why one could not be recorded; the others are, and it is tried again the next time.
 */
export async function abandonExpired(
  context: Context,
  onFailure: (error: unknown) => void,
): Promise<number> {
  let count = 0
  let after: readonly [NamespaceName, ReservationId] | undefined
  for (;;) {
    const page = await readExpired(context, after)
    for (const row of page) {
      try {
        if (await abandon(context, row)) count += 1
      } catch (error) {
        onFailure(error)
      }
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE_COUNT) return count
    after = [last.namespace, last.reservation]
  }
}

/** Also those whose working state is lost, as after an import: nobody could finish them. */
async function readExpired(
  { db, nowMs }: Context,
  after: readonly [NamespaceName, ReservationId] | undefined,
): Promise<readonly Row<'reservation'>[]> {
  let query = db
    .selectFrom('reservation as r')
    .leftJoin('reservation_lease as l', (join) =>
      join.onRef('l.namespace', '=', 'r.namespace').onRef('l.reservation', '=', 'r.reservation'),
    )
    .selectAll('r')
    .where('r.ended_index', 'is', null)
    .where((eb) => eb.or([eb('l.until_ms', 'is', null), eb('l.until_ms', '<=', nowMs())]))
    .orderBy('r.namespace')
    .orderBy('r.reservation')
    .limit(PAGE_COUNT)
  if (after !== undefined) {
    const [namespace, reservation] = after
    query = query.where((eb) =>
      eb.or([
        eb('r.namespace', '>', namespace),
        eb('r.namespace', '=', namespace).and('r.reservation', '>', reservation),
      ]),
    )
  }
  return query.execute()
}

/** Decided anew under the head lock: a sign of life that came first counts. */
async function abandon(context: Context, found: Row<'reservation'>): Promise<boolean> {
  const { namespace, reservation } = found
  return context.log.append<boolean>({
    namespace,
    actor: LOG_ACTOR,
    reads: [
      read(reservationById, namespace, reservation),
      read(leaseById, namespace, reservation),
      read(lineByJob, namespace, found.job, found.partition),
      read(runById, namespace, found.run),
    ],
    decide: (facts) => {
      const row = facts.find(reservationById, [namespace, reservation]) ?? found
      if (row.ended_index !== null) return nothingNew(false)
      const lease = facts.find(leaseById, [namespace, reservation])
      const reason = lapseOf(row, {
        line: facts.find(lineByJob, [namespace, row.job, row.partition]),
        run: facts.find(runById, [namespace, row.run]),
        lease,
        nowMs: context.nowMs(),
      })
      if (reason === undefined) return nothingNew(false)
      const { draft, work } = abandonment(row, lease, { reason })
      return { drafts: [{ entry: draft }], work, result: () => true }
    },
  })
}
