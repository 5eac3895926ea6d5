import type { CheckpointSummary } from '../../schema/checkpoint.ts'
import { parseCursor, encodeCursor } from '../../schema/cursor.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Row } from '../store/tables.ts'
import { summarize } from '../timeline/summarize.ts'

type Input = InputOf<'listCheckpoints'>

/** Columns that a filter compares for equality. */
const equalities = ['job', 'partition', 'run', 'kind', 'tier', 'environment'] as const

/**
 * Checkpoints by filters, newest first. Without a job, the principal needs `read` on every job of the
 * namespace.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listCheckpoints(
  context: Context,
  principal: Principal,
  input: Input,
): Promise<{ readonly items: readonly CheckpointSummary[]; readonly next: string | null }> {
  const { namespace, job, limit = PAGE_DEFAULT_COUNT } = input
  if (job === undefined) requireOnNamespace(principal, 'read', namespace)
  else requireOnJob(principal, 'read', { namespace, job })
  const asOf = await resolveAsOf(context.db, namespace, input.asOf)
  const { limit: _, cursor, ...filters } = input
  const scope = { list: 'checkpoints', ...filters }
  let before = Number.MAX_SAFE_INTEGER as LogIndex
  if (cursor !== undefined) {
    const [index] = parseCursor(scope, cursor, ['number'])
    before = index as LogIndex
  }
  const rows = await select(context, input, { asOf, before, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: await summarize(context.db, page, asOf),
    next: rows.length > limit && last !== undefined ? encodeCursor(scope, [last.log_index]) : null,
  }
}

async function select(
  { db }: Context,
  input: Input,
  page: { readonly asOf: LogIndex; readonly before: LogIndex; readonly limit: number },
): Promise<readonly Row<'checkpoint'>[]> {
  let query = db
    .selectFrom('checkpoint')
    .selectAll('checkpoint')
    .where('checkpoint.namespace', '=', input.namespace)
    .where('checkpoint.log_index', '<=', page.asOf)
    .where('checkpoint.log_index', '<', page.before)
    .orderBy('checkpoint.log_index', 'desc')
    .limit(page.limit)
  for (const column of equalities) {
    const value = input[column]
    if (value !== undefined) query = query.where(`checkpoint.${column}`, '=', value as never)
  }
  if (input.minStep !== undefined) query = query.where('step', '>=', input.minStep)
  if (input.maxStep !== undefined) query = query.where('step', '<=', input.maxStep)
  const { label, tombstoned } = input
  if (label !== undefined) {
    query = query.where('checkpoint.log_index', 'in', (eb) =>
      eb
        .selectFrom('checkpoint_label as l')
        .select('l.log_index')
        .where('l.namespace', '=', input.namespace)
        .where('l.label', '=', label),
    )
  }
  if (tombstoned === true) query = query.where('tombstoned_index', '<=', page.asOf)
  if (tombstoned === false) {
    query = query.where((eb) =>
      eb.or([eb('tombstoned_index', 'is', null), eb('tombstoned_index', '>', page.asOf)]),
    )
  }
  return query.execute()
}
