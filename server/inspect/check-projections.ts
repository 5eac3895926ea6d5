import type { Json } from '../../schema/canonical-json.ts'
import type { Entry } from '../../schema/entry.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { openScratch, type DifferingRows, type Scratch } from '../store/open-scratch.ts'
import type { Snapshot } from '../store/open-snapshot.ts'
import { projectionTables, type ProjectionTable, type Row } from '../store/tables.ts'
import type { FindingList } from './check-findings.ts'
import { projectBatch } from '../log/project-batch.ts'
import type { Projection, Recorded } from '../log/projection.ts'
import { storedDocuments, storedEntries } from '../log/stored-log.ts'

/** Entries projected at a time: bounds memory. */
const CHUNK_COUNT = 256
/** Differing rows of a table that are shown; the rest is counted. */
const SHOWN_COUNT = 3
/** Characters of a row that are shown. */
const SHOWN_LENGTH = 200

/** What a dry replay reads, and whom it tells. */
export interface ProjectionCheck {
  readonly snapshot: Snapshot
  /** Logs to replay. */
  readonly namespaces: readonly NamespaceName[]
  /** Compares the rows of this namespace only; else all rows. */
  readonly only: NamespaceName | undefined
  readonly projections: readonly Projection[]
  readonly findings: FindingList
}

/** Replays the logs into a scratch catalog and compares its rows with those of the catalog, both ways. */
export async function checkProjections(check: ProjectionCheck): Promise<void> {
  const { snapshot, namespaces, only, projections, findings } = check
  const scratch = openScratch()
  try {
    for (const namespace of namespaces) {
      for await (const batch of recordedBatches(snapshot.reader, namespace)) {
        await projectBatch(scratch.tx, projections, batch)
      }
    }
    for (const table of projectionTables) await compareTable(table, scratch, check)
    if (only === undefined) compareSchemas(scratch, snapshot, findings)
  } finally {
    scratch.close()
  }
}

async function compareTable(
  table: ProjectionTable,
  scratch: Scratch,
  { snapshot, only, findings }: ProjectionCheck,
): Promise<void> {
  for await (const rows of snapshot.scan(table, only)) scratch.setAside(table, rows)
  const { missing, surplus } = scratch.compare(table, SHOWN_COUNT)
  const report = (what: string, { count, rows }: DifferingRows): void => {
    if (count === 0) return
    const shown = rows.map((row) => JSON.stringify(row).slice(0, SHOWN_LENGTH)).join(', ')
    findings.add({
      code: 'projection-differs',
      where: `table ${table}`,
      message: `${count} rows ${what}, such as ${shown}. "cairn replay" sets it right once the log is.`,
      ...(only === undefined ? {} : { namespace: only }),
    })
  }
  report('that the log gives are not there', missing)
  report('are there that the log does not give', surplus)
}

/** Entries with their documents, parsed. */
async function* recordedBatches(
  db: Reader,
  namespace: NamespaceName,
): AsyncGenerator<readonly Recorded[]> {
  const span = { from: 0, to: Number.MAX_SAFE_INTEGER }
  const documents = storedDocuments(db, namespace, span)
  let document = await documents.next()
  let batch: Recorded[] = []
  for await (const row of storedEntries(db, namespace, span)) {
    // A document that stands at no entry was found before.
    while (!document.done && document.value.log_index < row.log_index) {
      document = await documents.next()
    }
    const next = document.done ? undefined : document.value
    batch.push(parseRecorded(row, next?.log_index === row.log_index ? next.bytes : undefined))
    if (batch.length < CHUNK_COUNT) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function parseRecorded(row: Row<'entry'>, document: Uint8Array | undefined): Recorded {
  const { namespace, log_index: index } = row
  const entry = parseJson(row.bytes) as Entry
  return document === undefined
    ? { namespace, index, entry }
    : { namespace, index, entry, document: parseJson(document) as Json }
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** Tables, indexes and guards are what the migrations made. */
function compareSchemas(scratch: Scratch, snapshot: Snapshot, findings: FindingList): void {
  if (snapshot.dialect !== 'sqlite') return
  const found = snapshot.schemaTexts()
  for (const [name, text] of scratch.schemaTexts()) {
    if (found.get(name) === text) continue
    const what = found.has(name) ? 'is not what the migrations made' : 'is missing'
    const message = `The ${name} ${what}: something else than this program changed the database.`
    findings.add({ code: 'schema-differs', where: name, message })
  }
}
