import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Run } from '../../schema/run.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { describeRuns } from '../timeline/describe-runs.ts'

/**
 * A run, as it was at an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | RUN_NOT_FOUND | FORBIDDEN | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getRun(
  { db }: Context,
  principal: Principal,
  { namespace, run, asOf }: InputOf<'getRun'>,
): Promise<Run> {
  const index = await resolveAsOf(db, namespace, asOf)
  const row = await db
    .selectFrom('run')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('run', '=', run)
    .where('opened_index', '<=', index)
    .executeTakeFirst()
  if (row !== undefined) requireOnJob(principal, 'read', row)
  const [described] = row === undefined ? [] : await describeRuns(db, [row], index)
  if (described === undefined) {
    throw new CatalogError(
      'RUN_NOT_FOUND',
      `${namespace} has no run "${run}": check the id, the namespace and asOf.`,
    )
  }
  return described
}
