import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { RecoveryPlan } from '../../schema/recovery-plan.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { assessDrift } from './assess-drift.ts'
import { buildPlan } from './build-plan.ts'
import { checkDrift } from './check-drift.ts'
import { chooseCheckpoint } from './choose-checkpoint.ts'
import { chooseSources } from './choose-sources.ts'
import { filterCandidates } from './filter-candidates.ts'
import { readMoment } from './read-moment.ts'
import { refuseWithoutGood } from './refuse-without-good.ts'

/**
 * A plan from the named or the latest good checkpoint that the caller can use, without opening a run.
 *
 * @throws {NAMESPACE_NOT_FOUND | JOB_NOT_FOUND | FORBIDDEN | NO_GOOD_CHECKPOINT | PLAN_TOO_LARGE | LOG_INDEX_OUT_OF_RANGE}
 * @throws {CHECKPOINT_NOT_FOUND | RESUME_MISMATCH | CHECKPOINT_NOT_GOOD}
 * @throws {ENVIRONMENT_NOT_FOUND | DRIFT_REFUSED}
 */
export async function planRecovery(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'planRecovery'>,
): Promise<RecoveryPlan> {
  const { job, presign = false } = body
  // A URL gives away bytes, which who may only read what is recorded of them must not have.
  requireOnJob(principal, presign ? 'append' : 'read', { namespace, job })
  const { db } = context
  const asOf = await resolveAsOf(db, namespace, body.asOf)
  const momentMs = await readMoment(context, { namespace, asOf: body.asOf })
  const choice = {
    namespace,
    job,
    partition: body.partition ?? ('' as Partition),
    asOf,
    minGrade: body.minGrade ?? 'committed',
    environment: body.environment,
    filter: await filterCandidates(context, body, { namespace, asOf, momentMs }),
    includeAbandoned: body.includeAbandoned ?? false,
    from: body.checkpoint ?? 'latest',
  } as const
  const chosen = await chooseCheckpoint(db, { principal, verb: 'read' }, choice)
  const { checkpoint, summary, skipped } = chosen
  if (checkpoint === undefined) {
    const skippedCount = skipped.length
    return refuseWithoutGood(db, choice, { skipped, skippedCount, exhausted: true })
  }
  const { caller } = body
  const drift = caller && (await assessDrift(db, { checkpoint, caller, asOf }))
  // Changes nothing, so that it can be asked what would have to be acknowledged.
  if (drift?.verdict === 'refuse') checkDrift(drift, { checkpoint, note: undefined })
  const how = body.checkpoint === undefined ? 'latest' : 'named'
  const plan = await buildPlan(db, { checkpoint, summary, asOf, skipped, choice: how, drift })
  return chooseSources(context, plan, body)
}
