import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { TOKEN_LIFETIME_DEFAULT_SECONDS, type ResumeToken } from '../../schema/resume-token.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { chooseCheckpoint } from './choose-checkpoint.ts'
import { refuseWithoutGood } from './refuse-without-good.ts'

/**
 * A signed token for the named or the latest good checkpoint; changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | JOB_NOT_FOUND | FORBIDDEN | NO_GOOD_CHECKPOINT}
 * @throws {CHECKPOINT_NOT_FOUND | RESUME_MISMATCH | CHECKPOINT_NOT_GOOD}
 */
export async function issueResumeToken(
  { db, tokens, nowMs }: Context,
  principal: Principal,
  { namespace, body }: InputOf<'issueResumeToken'>,
): Promise<ResumeToken> {
  const { job, partition = '' as Partition, minGrade = 'committed' } = body
  requireOnJob(principal, 'read', { namespace, job })
  const choice = {
    namespace,
    job,
    partition,
    asOf: await resolveAsOf(db, namespace, undefined),
    minGrade,
    includeAbandoned: false,
    from: body.checkpoint ?? 'latest',
  } as const
  const { checkpoint, skipped } = await chooseCheckpoint(db, { principal, verb: 'read' }, choice)
  if (checkpoint === undefined) {
    const skippedCount = skipped.length
    return refuseWithoutGood(db, choice, { skipped, skippedCount, exhausted: true })
  }
  const { digest, step } = checkpoint
  const lifetimeSeconds = body.lifetimeSeconds ?? TOKEN_LIFETIME_DEFAULT_SECONDS
  const expiresAtMs = nowMs() + lifetimeSeconds * 1000
  const token = tokens.sign({ namespace, job, partition, checkpoint: digest, expiresAtMs })
  const expiresAt = new Date(expiresAtMs).toISOString()
  return { token, namespace, job, partition, checkpoint: digest, step, expiresAt }
}
