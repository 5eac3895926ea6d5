import { sql } from 'kysely'
import type { Json } from '../../schema/canonical-json.ts'
import type { Entry } from '../../schema/entry.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { readingOf, type Database, type WriteTransaction } from '../store/database.ts'
import { lookupOf } from '../store/lookup.ts'
import { projectionTables, type ProjectionTable } from '../store/tables.ts'
import { projectBatch } from './project-batch.ts'
import { hasDocument, type Projection } from './projection.ts'
import { readEntries } from './read-entries.ts'

/** Entries read, projected and written at a time: bounds memory. */
const REPLAY_CHUNK_COUNT = 512

/** What a replay found in one table: rows that were missing, or other than the log says. */
export interface ReplayedTable {
  readonly table: ProjectionTable
  readonly rowCount: number
  /** Rows that the log gives and the table did not have. */
  readonly addedCount: number
  /** Rows that the table had and the log does not give. */
  readonly removedCount: number
}

/**
 * Drops every projection and rebuilds it from the entries, in one transaction: readers see the old rows
 * until the new ones are complete.
 */
export async function replay(
  database: Database,
  projections: readonly Projection[],
  onProgress: (entryCount: number) => void = () => undefined,
): Promise<readonly ReplayedTable[]> {
  return database.transaction(async (tx) => {
    for (const table of projectionTables) {
      await sql`create temporary table ${sql.table(`old_${table}`)} as select * from ${sql.table(table)}`.execute(
        tx.query,
      )
      await tx.query.deleteFrom(table).execute()
    }
    let entryCount = 0
    for (const namespace of await lockAllHeads(tx)) {
      for await (const count of replayNamespace(tx, namespace, projections)) {
        entryCount += count
        onProgress(entryCount)
      }
    }
    const report: ReplayedTable[] = []
    for (const table of projectionTables) report.push(await compare(tx, table))
    return report
  })
}

async function lockAllHeads(tx: WriteTransaction): Promise<readonly NamespaceName[]> {
  const heads = await tx.query
    .selectFrom('log_head')
    .select('namespace')
    .orderBy('namespace')
    .execute()
  const namespaces = heads.map((head) => head.namespace)
  for (const namespace of namespaces) await tx.lockHead(namespace)
  return namespaces
}

async function* replayNamespace(
  tx: WriteTransaction,
  namespace: NamespaceName,
  projections: readonly Projection[],
): AsyncGenerator<number> {
  let after = -1
  for (;;) {
    const rows = await readEntries(readingOf(tx.query), namespace, {
      after,
      limit: REPLAY_CHUNK_COUNT,
    })
    const last = rows.at(-1)
    if (last === undefined) return
    const entries = rows.map((row) => JSON.parse(new TextDecoder().decode(row.bytes)) as Entry)
    const documents = await readDocuments(
      tx,
      namespace,
      entries.map((entry, place) => ({ entry, index: after + 1 + place })),
    )
    const recorded = entries.map((entry, place) => {
      const index = (after + 1 + place) as LogIndex
      const document = documents.get(index)
      return document === undefined
        ? { namespace, index, entry }
        : { namespace, index, entry, document }
    })
    await projectBatch(tx, projections, recorded)
    after = last.log_index
    yield rows.length
  }
}

async function readDocuments(
  tx: WriteTransaction,
  namespace: NamespaceName,
  entries: readonly { readonly entry: Entry; readonly index: number }[],
): Promise<ReadonlyMap<number, Json>> {
  const keys = entries
    .filter(({ entry }) => hasDocument(entry))
    .map(({ index }) => [namespace, index] as const)
  const found = await tx.find(lookupOf('document', 'namespace', 'log_index'), keys)
  const documents = new Map<number, Json>()
  for (const row of found) {
    if (row === undefined) continue
    documents.set(row.log_index, JSON.parse(new TextDecoder().decode(row.bytes)) as Json)
  }
  return documents
}

async function compare(tx: WriteTransaction, table: ProjectionTable): Promise<ReplayedTable> {
  const now = sql.table(table)
  const old = sql.table(`old_${table}`)
  const count = async (query: ReturnType<typeof sql>): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from (${query}) as q`.execute(
      tx.query,
    )
    return rows[0]?.n ?? 0
  }
  const rowCount = await count(sql`select 1 as one from ${now}`)
  const addedCount = await count(sql`select * from ${now} except select * from ${old}`)
  const removedCount = await count(sql`select * from ${old} except select * from ${now}`)
  await sql`drop table ${old}`.execute(tx.query)
  return { table, rowCount, addedCount, removedCount }
}
