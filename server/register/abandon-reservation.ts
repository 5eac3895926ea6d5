import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { ReservationReceipt } from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew } from '../log/command.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { leaseById, lineByJob, read, reservationById, runById } from '../timeline/lookups.ts'
import { describeReservations } from './describe-reservations.ts'
import { readReservation } from './read-reservation.ts'
import { abandonment, lapseOf, reservationEnded } from './rules.ts'

/**
 * Gives a reservation up; one that had lapsed is recorded as that. Again, it gives the same.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN}
 * @throws {RESERVATION_ENDED} it was finalized
 */
export async function abandonReservation(
  context: Context,
  principal: Principal,
  { namespace, reservation, body }: InputOf<'abandonReservation'>,
): Promise<ReservationReceipt> {
  const asker = { principal, verb: 'append' } as const
  const found = await readReservation(context.db, asker, { namespace, reservation })
  await context.log.append<null>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'append', found)),
    reads: [
      read(reservationById, namespace, reservation),
      read(leaseById, namespace, reservation),
      read(lineByJob, namespace, found.job, found.partition),
      read(runById, namespace, found.run),
    ],
    decide: (facts) => {
      const row = facts.find(reservationById, [namespace, reservation]) ?? found
      if (row.ended_index !== null) {
        if (row.checkpoint !== null) throw reservationEnded(row, null)
        return nothingNew(null)
      }
      const lease = facts.find(leaseById, [namespace, reservation])
      const lapse = lapseOf(row, {
        line: facts.find(lineByJob, [namespace, row.job, row.partition]),
        run: facts.find(runById, [namespace, row.run]),
        lease,
        nowMs: context.nowMs(),
      })
      const { draft, work } = abandonment(row, lease, {
        reason: lapse ?? 'asked',
        note: body.note,
      })
      return { drafts: [{ entry: draft }], work, result: () => null }
    },
  })
  const row = await readReservation(context.db, asker, { namespace, reservation })
  const asOf = await newestIndex(context.db, namespace)
  const [described] = await describeReservations(context.db, [row], { asOf, namesMissing: true })
  if (described === undefined || row.ended_index === null) throw new Error('it has ended')
  return { ...described, proof: await proveEntry(context, namespace, row.ended_index) }
}
