import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { RecoveryPlan } from '../../schema/recovery-plan.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { buildPlan } from './build-plan.ts'
import { chooseCheckpoint } from './choose-checkpoint.ts'
import { filterCandidates } from './filter-candidates.ts'
import { presignPlan } from './presign-plan.ts'
import { readMoment } from './read-moment.ts'
import { refuseWithoutGood } from './refuse-without-good.ts'

/**
 * A plan from the named or the latest good checkpoint that the caller can use, without opening a run.
 *
 * @throws {NAMESPACE_NOT_FOUND | JOB_NOT_FOUND | FORBIDDEN | NO_GOOD_CHECKPOINT | PLAN_TOO_LARGE | LOG_INDEX_OUT_OF_RANGE}
 * @throws {CHECKPOINT_NOT_FOUND | RESUME_MISMATCH | CHECKPOINT_NOT_GOOD}
 */
export async function planRecovery(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'planRecovery'>,
): Promise<RecoveryPlan> {
  const { job, region, unavailable, urlSeconds } = body
  // A URL gives away bytes, which who may only read what is recorded of them must not have.
  requireOnJob(principal, urlSeconds === undefined ? 'read' : 'append', { namespace, job })
  const { blobs, db } = context
  const asOf = await resolveAsOf(db, namespace, body.asOf)
  const momentMs = await readMoment(context, { namespace, asOf: body.asOf })
  const choice = {
    namespace,
    job,
    partition: body.partition ?? ('' as Partition),
    asOf,
    minGrade: body.minGrade ?? 'committed',
    environment: body.environment,
    filter: filterCandidates(body, { blobs, momentMs }),
    includeAbandoned: body.includeAbandoned ?? false,
    from: body.checkpoint ?? 'latest',
  } as const
  const chosen = await chooseCheckpoint(db, { principal, verb: 'read' }, choice)
  const { checkpoint, summary, skipped } = chosen
  if (checkpoint === undefined) {
    const skippedCount = skipped.length
    return refuseWithoutGood(db, choice, { skipped, skippedCount, exhausted: true })
  }
  const sources = { blobs, unavailable, region }
  const plan = await buildPlan(db, { checkpoint, summary, asOf, skipped, sources })
  return urlSeconds === undefined ? plan : presignPlan(context, plan, urlSeconds)
}
