import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Reservation } from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { describeReservations } from './describe-reservations.ts'
import { readReservation } from './read-reservation.ts'

/**
 * A reservation, and which ranks are missing; leases and shards are as they are now.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getReservation(
  { db }: Context,
  principal: Principal,
  { namespace, reservation, asOf: asked }: InputOf<'getReservation'>,
): Promise<Reservation> {
  const asOf = await resolveAsOf(db, namespace, asked)
  const asker = { principal, verb: 'read' } as const
  const row = await readReservation(db, asker, { namespace, reservation, asOf })
  const [described] = await describeReservations(db, [row], { asOf, namesMissing: true })
  if (described === undefined) throw new Error('a row has a description')
  return described
}
