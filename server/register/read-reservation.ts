import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal, type Verb } from '../../schema/grant.ts'
import type { LogIndex, NamespaceName, ReservationId } from '../../schema/names.ts'
import { newestIndex } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'

/** Which reservation, and as of when (default: now). */
export interface ReservationQuestion {
  readonly namespace: NamespaceName
  readonly reservation: ReservationId
  readonly asOf?: LogIndex | undefined
}

/**
 * A reservation's row, when the principal may do this to its job.
 *
 * @throws {NAMESPACE_NOT_FOUND | RESERVATION_NOT_FOUND | FORBIDDEN}
 */
export async function readReservation(
  db: Reader,
  asker: { readonly principal: Principal; readonly verb: Verb },
  { namespace, reservation, asOf }: ReservationQuestion,
): Promise<Row<'reservation'>> {
  const row = await db
    .selectFrom('reservation')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('reservation', '=', reservation)
    .where('opened_index', '<=', asOf ?? (Number.MAX_SAFE_INTEGER as LogIndex))
    .executeTakeFirst()
  if (row === undefined) {
    await newestIndex(db, namespace)
    throw new CatalogError(
      'RESERVATION_NOT_FOUND',
      `${namespace} has no reservation "${reservation}": check the id and the namespace, or reserve the step with POST /reservations.`,
    )
  }
  requireOnJob(asker.principal, asker.verb, row)
  return row
}
