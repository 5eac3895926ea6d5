import type { Abandoned } from '../../schema/abandoned.ts'
import type { Principal } from '../../schema/grant.ts'
import type { Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { chooseCheckpoint } from './choose-checkpoint.ts'
import { findAbandoned } from './find-abandoned.ts'

/**
 * What going back to a checkpoint would leave behind; changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | CHECKPOINT_NOT_GOOD | RESUME_MISMATCH | LOG_INDEX_OUT_OF_RANGE}
 */
export async function previewRewind(
  { db }: Context,
  principal: Principal,
  { namespace, job, to, partition = '' as Partition, asOf: index }: InputOf<'previewRewind'>,
): Promise<Abandoned> {
  const asOf = await resolveAsOf(db, namespace, index)
  const place = { namespace, job, partition, asOf }
  const choice = { ...place, from: to, minGrade: 'committed', includeAbandoned: true } as const
  const { checkpoint } = await chooseCheckpoint(db, { principal, verb: 'read' }, choice)
  return findAbandoned(db, { ...place, onto: checkpoint })
}
