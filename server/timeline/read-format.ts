import type { JsonObject } from '../../schema/canonical-json.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { FormatFacts, FormatVersionSummary } from '../../schema/format.ts'
import type { FormatName, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

/** Most versions of one format: all are read for a plan that upcasts. */
export const VERSIONS_MAX_COUNT = 256

/** Which format, as of when. */
export interface FormatQuestion {
  readonly namespace: NamespaceName
  readonly format: FormatName
  readonly asOf: LogIndex
}

type FormatRow = Row<'format_version'>

const newestFirst = statement<FormatQuestion & { readonly limit: number }, FormatRow>(
  (db, param) =>
    db
      .selectFrom('format_version')
      .selectAll()
      .where('namespace', '=', param('namespace'))
      .where('format', '=', param('format'))
      .where('log_index', '<=', param('asOf'))
      .orderBy('log_index', 'desc')
      .limit(param('limit')),
  { isShared: true },
)

const byVersion = statement<FormatQuestion & { readonly version: string }, FormatRow>((db, param) =>
  db
    .selectFrom('format_version')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('format', '=', param('format'))
    .where('version', '=', param('version'))
    .where('log_index', '<=', param('asOf')),
)

const schemaAt = statement<
  { readonly namespace: NamespaceName; readonly index: LogIndex },
  Pick<Row<'document'>, 'bytes'>
>((db, param) =>
  db
    .selectFrom('document')
    .select('bytes')
    .where('namespace', '=', param('namespace'))
    .where('log_index', '=', param('index')),
)

/** The versions of a format that were published until an index, newest first. */
export function readVersions(
  db: Reader,
  question: FormatQuestion,
  limit = VERSIONS_MAX_COUNT,
): Promise<readonly FormatRow[]> {
  return newestFirst(db, { ...question, limit })
}

/** A version of a format; undefined where it was not published. */
export async function readVersion(
  db: Reader,
  question: FormatQuestion & { readonly version: string },
): Promise<FormatRow | undefined> {
  const [row] = await byVersion(db, question)
  return row
}

/** The schema of a version, as it was published. */
export async function readSchema(
  db: Reader,
  { namespace, log_index: index, schema_digest: digest }: FormatRow,
): Promise<JsonObject> {
  const [row] = await schemaAt(db, { namespace, index })
  if (row === undefined) throw new Error(`the schema ${digest} is missing`)
  return JSON.parse(new TextDecoder().decode(row.bytes)) as JsonObject
}

/** What a version says of itself beside its schema. */
export function factsOf(row: FormatRow): FormatFacts {
  return JSON.parse(row.facts) as FormatFacts
}

/** A version's row as callers see it. */
export function describeVersion(row: FormatRow): FormatVersionSummary {
  const { namespace, format, version, schema_digest: schemaDigest, log_index: index, at } = row
  return { namespace, format, version, schemaDigest, ...factsOf(row), index, at }
}

/** The refusal of a format or version that the namespace never published. */
export function unknownFormat(
  { namespace, format }: Pick<FormatQuestion, 'namespace' | 'format'>,
  version?: string,
): CatalogError {
  const what = version === undefined ? 'format' : `version "${version}" of the format`
  return new CatalogError(
    'FORMAT_NOT_FOUND',
    `${namespace} has no ${what} "${format}": check the name and asOf, or publish it with PUT /formats/${format}/versions/${version ?? '1'}.`,
  )
}
