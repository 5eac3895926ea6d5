import type { Depth } from '../../schema/verification.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'

/**
 * How closely to look: as asked, or at the bytes where those have failed. That a version is there would
 * otherwise make good again what somebody has read and found wrong.
 */
export async function chooseDepth(
  db: Reader,
  { namespace, digest, evidence_index: newest }: Row<'checkpoint'>,
  asked: Depth,
): Promise<Depth> {
  if (asked === 'verified' || newest === null) return asked
  const [last] = await db
    .selectFrom('evidence')
    .select(['finding', 'outcome'])
    .where('namespace', '=', namespace)
    .where('checkpoint', '=', digest)
    .where('log_index', '=', newest)
    .execute()
  return last?.outcome === 'failed' && last.finding !== 'present' ? 'verified' : asked
}
