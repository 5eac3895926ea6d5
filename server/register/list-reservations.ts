import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Reservation } from '../../schema/reservation.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Row } from '../store/tables.ts'
import { describeReservations } from './describe-reservations.ts'

type Input = InputOf<'listReservations'>

/**
 * Reservations, newest first. Without a job, the principal needs `read` on every job of the namespace.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listReservations(
  context: Context,
  principal: Principal,
  input: Input,
): Promise<{ readonly items: readonly Reservation[]; readonly next: string | null }> {
  const { namespace, job, limit = PAGE_DEFAULT_COUNT, cursor } = input
  if (job === undefined) requireOnNamespace(principal, 'read', namespace)
  else requireOnJob(principal, 'read', { namespace, job })
  const asOf = await resolveAsOf(context.db, namespace, input.asOf)
  const { limit: _limit, cursor: _cursor, ...filters } = input
  const scope = { list: 'reservations', ...filters }
  let before = Number.MAX_SAFE_INTEGER as LogIndex
  if (cursor !== undefined) {
    const [index] = parseCursor(scope, cursor, ['number'])
    before = index as LogIndex
  }
  const rows = await select(context, input, { asOf, before, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const more = rows.length > limit && last !== undefined
  return {
    items: await describeReservations(context.db, page, { asOf }),
    next: more ? encodeCursor(scope, [last.opened_index]) : null,
  }
}

async function select(
  { db }: Context,
  { namespace, job, partition, run, state }: Input,
  page: { readonly asOf: LogIndex; readonly before: LogIndex; readonly limit: number },
): Promise<readonly Row<'reservation'>[]> {
  let query = db
    .selectFrom('reservation')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('opened_index', '<=', page.asOf)
    .where('opened_index', '<', page.before)
    .orderBy('opened_index', 'desc')
    .limit(page.limit)
  if (job !== undefined) query = query.where('job', '=', job)
  if (partition !== undefined) query = query.where('partition', '=', partition)
  if (run !== undefined) query = query.where('run', '=', run)
  if (state === 'open') {
    query = query.where((eb) =>
      eb.or([eb('ended_index', 'is', null), eb('ended_index', '>', page.asOf)]),
    )
  } else if (state !== undefined) {
    query = query
      .where('ended_index', '<=', page.asOf)
      .where('reason', state === 'finalized' ? 'is' : 'is not', null)
  }
  return query.execute()
}
