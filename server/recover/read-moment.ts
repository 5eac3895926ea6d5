import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import type { Context } from '../context.ts'
import { readEntriesAt } from '../log/read-entries.ts'

/** The time of an entry, in epoch milliseconds, or now: a question about the past counts ages from there. */
export async function readMoment(
  { db, nowMs }: Pick<Context, 'db' | 'nowMs'>,
  { namespace, asOf }: { readonly namespace: NamespaceName; readonly asOf: LogIndex | undefined },
): Promise<number> {
  if (asOf === undefined) return nowMs()
  const [row] = await readEntriesAt(db, namespace, [asOf])
  const at = row && parseEntry(row.bytes)?.at
  return at === undefined ? nowMs() : Date.parse(at)
}
