import { digestOf } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { documentOf } from '../../server/log/projection.ts'
import type { Reader } from '../../server/store/database.ts'
import type { Acknowledged } from './acknowledged.ts'
import type { StoredEntry } from './verify-tree.ts'

const PAGE_COUNT = 256

/** Everything acknowledged is in the log exactly once, where it was acknowledged. */
export function verifyPromises(
  promises: readonly Acknowledged[],
  entries: readonly StoredEntry[],
): readonly string[] {
  const bySubject = Map.groupBy(entries, ({ entry }) => `${entry.kind} ${entry.subject}`)
  return promises.flatMap((promise) => {
    const [name, index] =
      promise.kind === 'checkpoint'
        ? [`checkpoint.registered ${promise.receipt.checkpoint}`, promise.receipt.index]
        : [`run.opened ${promise.run.run}`, promise.run.openedIndex]
    const found = bySubject.get(name) ?? []
    const [only] = found
    if (only === undefined) return [`${name} was acknowledged at ${index} and is lost`]
    if (found.length > 1) return [`${name} is in the log ${found.length} times`]
    if (only.index !== index)
      return [`${name} was acknowledged at ${index} and is at ${only.index}`]
    if (promise.kind === 'checkpoint' && promise.receipt.leafHash !== only.leafHash) {
      return [`${name} has another leaf hash than its receipt`]
    }
    return []
  })
}

/** Every row of checkpoints, runs and documents has its entry, and every such entry its row. */
export async function verifyRows(
  reader: Reader,
  namespace: NamespaceName,
  entries: readonly StoredEntry[],
): Promise<readonly string[]> {
  const checkpoints = await reader
    .selectFrom('checkpoint')
    .select(['digest as subject', 'log_index as index'])
    .where('namespace', '=', namespace)
    .execute()
  const runs = await reader
    .selectFrom('run')
    .select(['run as subject', 'opened_index as index'])
    .where('namespace', '=', namespace)
    .execute()
  return [
    ...compare('checkpoint.registered', checkpoints, entries),
    ...compare('run.opened', runs, entries),
    ...(await verifyDocuments(reader, namespace, entries)),
  ]
}

function compare(
  kind: StoredEntry['entry']['kind'],
  rows: readonly { readonly subject: string; readonly index: number }[],
  entries: readonly StoredEntry[],
): readonly string[] {
  const violations: string[] = []
  for (const { subject, index } of rows) {
    const at = entries[index]?.entry
    if (at?.kind !== kind || at.subject !== subject) {
      violations.push(`a row of ${subject} says entry ${index}, which is no ${kind} of it`)
    }
  }
  const count = entries.filter(({ entry }) => entry.kind === kind).length
  if (count !== rows.length) violations.push(`${rows.length} rows for ${count} ${kind} entries`)
  return violations
}

async function verifyDocuments(
  reader: Reader,
  namespace: NamespaceName,
  entries: readonly StoredEntry[],
): Promise<readonly string[]> {
  const violations: string[] = []
  const missing = new Map<number, string>(
    entries.flatMap(({ entry, index }) => {
      const named = documentOf(entry)
      return named === undefined ? [] : [[index, named] as const]
    }),
  )
  let after = -1
  for (;;) {
    const rows = await reader
      .selectFrom('document')
      .select(['log_index', 'bytes'])
      .where('namespace', '=', namespace)
      .where('log_index', '>', after as never)
      .orderBy('log_index')
      .limit(PAGE_COUNT)
      .execute()
    for (const { log_index: index, bytes } of rows) {
      const subject = missing.get(index)
      if (subject === undefined) violations.push(`the document at ${index} has no entry`)
      else if (digestOf(bytes) !== subject) {
        violations.push(`the document ${subject} has other bytes`)
      }
      missing.delete(index)
      after = index
    }
    if (rows.length < PAGE_COUNT) break
  }
  for (const digest of missing.values()) violations.push(`the document ${digest} is missing`)
  return violations
}
