import type { Depth } from '../../schema/verification.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { weigh } from '../timeline/standing.ts'

/** How closely to look: as asked, or at the bytes where those have failed, because less would heal nothing. */
export async function chooseDepth(
  db: Reader,
  { namespace, digest, evidence_index: newest }: Row<'checkpoint'>,
  asked: Depth,
): Promise<Depth> {
  if (asked === 'verified' || newest === null) return asked
  const rows = await db
    .selectFrom('evidence')
    .select(['finding', 'outcome'])
    .where('namespace', '=', namespace)
    .where('checkpoint', '=', digest)
    .orderBy('log_index')
    .execute()
  const { failing } = weigh([...rows, { finding: 'present', outcome: 'passed' }])
  return failing ? 'verified' : asked
}
