import { CatalogError } from '../../schema/errors.ts'
import type { Reader } from '../store/database.ts'
import type { FoundLatest, LatestQuestion } from '../timeline/find-latest.ts'
import { explainNoGood } from './explain-no-good.ts'

/**
 * Refuses where no good state was found: the job is unknown, or everything was passed over.
 *
 * @throws {JOB_NOT_FOUND | NO_GOOD_CHECKPOINT}
 */
export async function refuseWithoutGood(
  db: Reader,
  question: Pick<LatestQuestion, 'namespace' | 'job' | 'partition' | 'asOf'>,
  found: Pick<FoundLatest, 'skipped' | 'skippedCount' | 'exhausted'>,
): Promise<never> {
  const { namespace, job, asOf } = question
  const known = await db
    .selectFrom('job')
    .select('job')
    .where('namespace', '=', namespace)
    .where('job', '=', job)
    .where('log_index', '<=', asOf)
    .limit(1)
    .executeTakeFirst()
  if (known !== undefined) throw explainNoGood(question, found)
  throw new CatalogError(
    'JOB_NOT_FOUND',
    `${namespace} has no job "${job}": check the name and asOf.`,
  )
}
