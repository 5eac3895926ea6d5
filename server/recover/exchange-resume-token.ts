import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { RecoveryPlan } from '../../schema/recovery-plan.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { buildPlan } from './build-plan.ts'
import { chooseCheckpoint } from './choose-checkpoint.ts'
import { openToken } from './open-token.ts'

/**
 * The plan of the state that a resume token stands for, if it is still good; changes nothing.
 *
 * @throws {RESUME_TOKEN_INVALID | RESUME_TOKEN_EXPIRED | RESUME_TOKEN_MISMATCH}
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | CHECKPOINT_NOT_FOUND | CHECKPOINT_NOT_GOOD | RESUME_MISMATCH | PLAN_TOO_LARGE}
 */
export async function exchangeResumeToken(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'exchangeResumeToken'>,
): Promise<RecoveryPlan> {
  const { blobs, db } = context
  const asOf = await resolveAsOf(db, namespace, undefined)
  const { job, partition, checkpoint: from } = openToken(context, body.token, { namespace })
  requireOnJob(principal, 'read', { namespace, job })
  const choice = { namespace, job, partition, asOf, from } as const
  const { checkpoint, skipped } = await chooseCheckpoint(
    db,
    { principal, verb: 'read' },
    { ...choice, minGrade: 'committed', includeAbandoned: true },
  )
  if (checkpoint === undefined) throw new Error('a named checkpoint is there, or it is refused')
  return buildPlan(db, { checkpoint, asOf, skipped, sources: { blobs } })
}
