import type { Principal } from '../../schema/grant.ts'
import type { Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Latest } from '../../schema/recovery-plan.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { findLatest } from '../timeline/find-latest.ts'
import { refuseWithoutGood } from './refuse-without-good.ts'

/**
 * The latest good checkpoint of a job and partition, and every newer one that was passed over.
 *
 * @throws {NAMESPACE_NOT_FOUND | JOB_NOT_FOUND | NO_GOOD_CHECKPOINT | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getLatest(
  { db }: Context,
  _principal: Principal,
  input: InputOf<'getLatest'>,
): Promise<Latest> {
  const { namespace, job } = input
  const question = {
    namespace,
    job,
    partition: input.partition ?? ('' as Partition),
    asOf: await resolveAsOf(db, namespace, input.asOf),
    minGrade: input.minGrade ?? 'committed',
    environment: input.environment,
    includeAbandoned: input.includeAbandoned ?? false,
  } as const
  const found = await findLatest(db, question)
  if (found.summary === undefined) return refuseWithoutGood(db, question, found)
  return { checkpoint: found.summary, asOf: question.asOf, skipped: found.skipped }
}
