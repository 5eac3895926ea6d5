import { accessStart, checkAccess } from '../../schema/access-log.ts'
import type { LogCheck } from './check-log.ts'

/** Records read at a time: most have some kilobytes. */
const CHUNK_COUNT = 64

/** Follows the chain of a namespace's access log: each record holds the hash of the one before it. */
export async function checkAccessLog({ db, namespace, findings }: LogCheck): Promise<void> {
  let at = accessStart(namespace)
  for (;;) {
    const rows = await db
      .selectFrom('access_log')
      .select(['sequence', 'previous', 'hash', 'body'])
      .where('namespace', '=', namespace)
      .where('sequence', '>=', at.next)
      .orderBy('sequence')
      .limit(CHUNK_COUNT)
      .execute()
    for (const row of rows) {
      const checked = checkAccess(at, row)
      for (const { where, message } of checked.findings) {
        findings.add({ code: 'access-log-altered', namespace, where, message })
      }
      if (!(checked.at.next > at.next)) throw new Error('the database gave a record twice')
      at = checked.at
    }
    if (rows.length < CHUNK_COUNT) return
  }
}
