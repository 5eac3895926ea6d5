import { accessStart, checkAccess } from '../../schema/access-log.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
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
    if (rows.length < CHUNK_COUNT) break
  }
  const head = await db
    .selectFrom('log_head')
    .select(['access_count', 'access_hash'])
    .where('namespace', '=', namespace)
    .executeTakeFirst()
  const hash = at.next === 0 ? new Uint8Array(0) : at.hash
  if (head?.access_count === at.next && sameBytes(head.access_hash, hash)) return
  findings.add({
    code: 'access-log-altered',
    namespace,
    where: 'access log',
    message: `It ends at ${at.next} records, and the log's head row says that it ended at ${head?.access_count ?? 'no'}: its end was cut off or replaced.`,
  })
}
