import type { NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

interface Range {
  readonly namespace: NamespaceName
  readonly after: number
  readonly limit: number
}

const recordsAfter = statement<Range, Row<'access_log'>>((db, param) =>
  db
    .selectFrom('access_log')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('sequence', '>', param('after'))
    .orderBy('sequence')
    .limit(param('limit')),
)

/** Records of a namespace's access log after a sequence number, oldest first. */
export async function readAccess(
  reader: Reader,
  namespace: NamespaceName,
  range: { readonly after: number; readonly limit: number },
): Promise<readonly Row<'access_log'>[]> {
  return recordsAfter(reader, { namespace, ...range })
}
