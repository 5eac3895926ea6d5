import { CatalogError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/grant.ts'
import type { Job } from '../../schema/namespace.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'

/**
 * A job, as declared at an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | JOB_NOT_FOUND | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getJob(
  { db }: Context,
  _principal: Principal,
  { namespace, job, asOf }: InputOf<'getJob'>,
): Promise<Job> {
  const index = await resolveAsOf(db, namespace, asOf)
  const row = await db
    .selectFrom('job')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('job', '=', job)
    .where('log_index', '<=', index)
    .orderBy('log_index', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) {
    throw new CatalogError(
      'JOB_NOT_FOUND',
      `${namespace} has no job "${job}": check the name, or declare it with PUT.`,
    )
  }
  const spec = JSON.parse(row.spec) as Job['spec']
  return { namespace, job, spec, index: row.log_index, at: row.at }
}
