import BetterSqlite from 'better-sqlite3'
import type { NamespaceName } from '../../schema/names.ts'
import { openDatabase, projections } from '../../server/compose.ts'
import type { Config } from '../../server/config.ts'
import { replay } from '../../server/log/replay.ts'
import { NAMESPACE, type Acknowledged } from './acknowledged.ts'
import { verifyPromises, verifyRows } from './verify-rows.ts'
import { verifyTree } from './verify-tree.ts'

/** What was found in a catalog that no server has open. */
export interface Verified {
  readonly entryCount: number
  readonly violations: readonly string[]
}

/** Checks a catalog against everything that its clients were promised. */
export async function verifyCatalog(
  config: Config,
  promises: readonly Acknowledged[],
  name = NAMESPACE,
): Promise<Verified> {
  const namespace = name as NamespaceName
  const database = await openDatabase(config.database, Date.now)
  try {
    const { entries, violations } = await verifyTree(database.reader, namespace)
    const rows = await verifyRows(database.reader, namespace, entries)
    const replayed = await replay(database, projections)
    return {
      entryCount: entries.length,
      violations: [
        ...violations,
        ...verifyPromises(promises, entries),
        ...rows,
        ...replayed
          .filter(({ addedCount, removedCount }) => addedCount + removedCount > 0)
          .map(
            ({ table, addedCount, removedCount }) =>
              `replay of ${table} added ${addedCount} rows and removed ${removedCount}`,
          ),
        ...checkFile(config),
      ],
    }
  } finally {
    await database.close()
  }
}

/** What SQLite itself has to say about the file. */
function checkFile({ database }: Config): readonly string[] {
  if (database.kind !== 'sqlite') return []
  const handle = new BetterSqlite(database.file, { readonly: true })
  try {
    const findings = handle.pragma('integrity_check') as readonly { integrity_check: string }[]
    return findings.map((row) => row.integrity_check).filter((finding) => finding !== 'ok')
  } finally {
    handle.close()
  }
}
