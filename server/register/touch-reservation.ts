import { CatalogError, type ErrorCode, type ErrorDetail } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { NamespaceName, ReservationId } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew, type Decision } from '../log/command.ts'
import type { Facts, Read } from '../log/facts.ts'
import type { Row } from '../store/tables.ts'
import { leaseById, lineByJob, read, reservationById, runById } from '../timeline/lookups.ts'
import { readReservation } from './read-reservation.ts'
import { abandonment, checkWorldSize, lapseOf, reservationEnded } from './rules.ts'

/** A reservation that still counts, under the head lock. */
export interface Held {
  readonly row: Row<'reservation'>
  readonly lease: Row<'reservation_lease'>
  readonly nowMs: number
}

/** What to do with a reservation. */
export interface Touch<Result> {
  readonly namespace: NamespaceName
  readonly reservation: ReservationId
  /** What the caller holds the world size to be. */
  readonly worldSize: number | undefined
  readonly reads?: readonly Read[]
  readonly decide: (facts: Facts, held: Held) => Decision<Result> | Promise<Decision<Result>>
  /** Answers a repeat, when the reservation has ended with a checkpoint; otherwise it is a refusal. */
  readonly repeat?: (facts: Facts, ended: Row<'reservation'>) => Result | Promise<Result>
}

/** Plain, so that a repeat under the same key can be answered from it. */
type Touched<Result> =
  | { readonly ok: true; readonly value: Result }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly message: string
      readonly detail: ErrorDetail
    }

/**
 * Does something with a reservation under the head lock, by the server's clock. One that has expired or was fenced
 * is recorded as abandoned first, and then refused.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN | WORLD_SIZE_MISMATCH}
 * @throws {RESERVATION_EXPIRED | RESERVATION_ENDED | ATTEMPT_FENCED | RUN_CLOSED}
 */
export async function touchReservation<Result>(
  context: Context,
  principal: Principal,
  touch: Touch<Result>,
): Promise<Result> {
  const { namespace, reservation, reads = [] } = touch
  const found = await readReservation(context.db, { principal, verb: 'append' }, touch)
  const touched = await context.log.append<Touched<Result>>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'append', found)),
    reads: [
      read(reservationById, namespace, reservation),
      read(leaseById, namespace, reservation),
      read(lineByJob, namespace, found.job, found.partition),
      read(runById, namespace, found.run),
      ...reads,
    ],
    decide: async (facts) => {
      const row = facts.find(reservationById, [namespace, reservation]) ?? found
      checkWorldSize(row, touch.worldSize)
      if (row.ended_index !== null) {
        if (row.checkpoint === null || touch.repeat === undefined) {
          throw reservationEnded(row, row.reason)
        }
        return nothingNew({ ok: true, value: await touch.repeat(facts, row) })
      }
      const lease = facts.find(leaseById, [namespace, reservation])
      const nowMs = context.nowMs()
      const lapse = lapseOf(row, {
        line: facts.find(lineByJob, [namespace, row.job, row.partition]),
        run: facts.find(runById, [namespace, row.run]),
        lease,
        nowMs,
      })
      if (lapse !== undefined || lease === undefined) {
        const reason = lapse ?? 'expired'
        const { draft, work } = abandonment(row, lease, { reason })
        const { code, message, detail } = reservationEnded(row, reason)
        return {
          drafts: [{ entry: draft }],
          work,
          result: () => ({ ok: false, code, message, detail }),
        }
      }
      const { result, ...decision } = await touch.decide(facts, { row, lease, nowMs })
      return { ...decision, result: (recorded) => ({ ok: true, value: result(recorded) }) }
    },
  })
  if (touched.ok) return touched.value
  throw new CatalogError(touched.code, touched.message, { detail: touched.detail })
}
