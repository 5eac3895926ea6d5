import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { ReservationLease } from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import { nothingNew } from '../log/command.ts'
import { touchReservation } from './touch-reservation.ts'

/**
 * Renews the lease of a reservation, within the bound of its whole life.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN | WORLD_SIZE_MISMATCH}
 * @throws {RESERVATION_EXPIRED | RESERVATION_ENDED | ATTEMPT_FENCED | RUN_CLOSED}
 */
export async function keepReservation(
  context: Context,
  principal: Principal,
  { namespace, reservation, body }: InputOf<'keepReservation'>,
): Promise<ReservationLease> {
  return touchReservation<ReservationLease>(context, principal, {
    namespace,
    reservation,
    worldSize: body.worldSize,
    decide: (_, { row, lease, nowMs }) => {
      const untilMs = Math.min(nowMs + lease.lease_ms, lease.limit_ms)
      const key = [namespace, reservation]
      return {
        ...nothingNew({
          reservation,
          worldSize: row.world_size,
          shardCount: lease.shard_count,
          leaseUntil: new Date(untilMs).toISOString(),
        }),
        work: [{ kind: 'patch', table: 'reservation_lease', key, set: { until_ms: untilMs } }],
      }
    },
    // Whoever kept it alive need not know that another has finished it.
    repeat: (_, { world_size: worldSize }) => ({ reservation, worldSize, shardCount: worldSize }),
  })
}
