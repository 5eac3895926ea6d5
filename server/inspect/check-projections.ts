import type { Json } from '../../schema/canonical-json.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { projectBatch } from '../log/project-batch.ts'
import type { Projection, Recorded } from '../log/projection.ts'
import type { DifferingRows, Scratch } from '../store/open-scratch.ts'
import type { Snapshot } from '../store/open-snapshot.ts'
import { projectionTables, type ProjectionTable } from '../store/tables.ts'
import type { FindingList } from './check-findings.ts'
import type { StoredRecord } from './check-log.ts'

/** Differing rows of a table that are shown; the rest is counted. */
const SHOWN_COUNT = 3
/** Characters of a row that are shown. */
const SHOWN_LENGTH = 200

/** Replays some entries of a log into a scratch catalog, behind those before them. */
export async function replayRecords(
  scratch: Scratch,
  projections: readonly Projection[],
  records: readonly StoredRecord[],
): Promise<void> {
  await projectBatch(scratch.tx, projections, records.map(parseRecorded))
}

function parseRecorded({ namespace, index, entry, document }: StoredRecord): Recorded {
  if (entry === undefined) throw new Error(`entry ${index} of "${namespace}" is no JSON object`)
  return document === undefined
    ? { namespace, index, entry }
    : { namespace, index, entry, document: parseDocument(document) }
}

function parseDocument(bytes: Uint8Array): Json {
  return JSON.parse(new TextDecoder().decode(bytes)) as Json
}

/** What a replay is compared with, and who is told. */
export interface ProjectionCheck {
  readonly snapshot: Snapshot
  /** Compares the rows of this namespace only; else all rows. */
  readonly only: NamespaceName | undefined
  readonly scratch: Scratch
  readonly findings: FindingList
}

/** Compares the rows of a replay with those of the catalog, both ways. */
export async function checkProjections(check: ProjectionCheck): Promise<void> {
  for (const table of projectionTables) await compareTable(table, check)
}

async function compareTable(
  table: ProjectionTable,
  { snapshot, only, scratch, findings }: ProjectionCheck,
): Promise<void> {
  let surplus: DifferingRows = { count: 0, rows: [] }
  for await (const rows of snapshot.scan(table, only)) {
    const other = scratch.takeAway(table, rows)
    const shown = [...surplus.rows, ...other.slice(0, SHOWN_COUNT - surplus.rows.length)]
    surplus = { count: surplus.count + other.length, rows: shown }
  }
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
  report('that the log gives are not there', scratch.left(table, SHOWN_COUNT))
  report('are there that the log does not give', surplus)
}

/** Tables, indexes and guards are what the migrations made. */
export function checkSchema(scratch: Scratch, snapshot: Snapshot, findings: FindingList): void {
  if (snapshot.dialect !== 'sqlite') return
  const found = snapshot.schemaTexts()
  for (const [name, text] of scratch.schemaTexts()) {
    if (found.get(name) === text) continue
    const what = found.has(name) ? 'is not what the migrations made' : 'is missing'
    const message = `The ${name} ${what}: something else than this program changed the database.`
    findings.add({ code: 'schema-differs', where: name, message })
  }
}
