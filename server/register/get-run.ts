import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Run } from '../../schema/run.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { describeRuns } from '../timeline/describe-runs.ts'
import { readRun } from '../timeline/read-run.ts'

/**
 * A run, as it was at an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | RUN_NOT_FOUND | FORBIDDEN | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getRun(
  { db }: Context,
  principal: Principal,
  { namespace, run, asOf: index }: InputOf<'getRun'>,
): Promise<Run> {
  const asOf = await resolveAsOf(db, namespace, index)
  const row = await readRun(db, { principal, verb: 'read' }, { namespace, run, asOf })
  const [described] = await describeRuns(db, [row], asOf)
  if (described === undefined) throw new Error('a run that has a row is described')
  return described
}
