import type {
  FormatSpec,
  FormatVersionSummary,
  JsonMap,
  PatchOperation,
  Upcast,
} from '../../api.ts'
import { CatalogError } from '../../../schema/errors.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, repeated, required } from '../flag.ts'
import { readChoice, readDigest, readName, readPair, readText } from '../flag-values.ts'
import { readJsonInput } from '../input-file.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { plainText } from '../plain-text.ts'
import type { Screen } from '../screen.ts'
import { drawFacts, type Column } from '../table.ts'

const format = required({ usage: '<format>', summary: 'its name' }, readName)
const version = required({ usage: '<version>', summary: 'its version' }, readText)

const publish = command({
  words: 'formats publish',
  summary: 'publish a version of a checkpoint format',
  heading: 'Records',
  details:
    'A published version never changes. From then on, the metadata of registrations that name it must fit its schema: a subset of JSON Schema 2020-12 of type, its bounds, const, enum, anyOf and $ref to $defs.',
  takes: {
    format,
    version,
    schema: required(
      { usage: '--schema <path>', summary: 'the JSON Schema of the metadata; "-" is stdin' },
      readText,
    ),
    changelog: required({ usage: '--changelog <text>', summary: 'what changed' }, readText),
    script: required(
      { usage: '--recovery-script <uri>', summary: 'what restores a state of this version' },
      readText,
    ),
    scriptDigest: required(
      { usage: '--recovery-digest <digest>', summary: 'the digest of that script' },
      readDigest,
    ),
    compatibility: optional(
      {
        usage: '--compatibility <mode>',
        summary: 'with the version before: backward (default), forward, full, expand-only, none',
      },
      readChoice('backward', 'forward', 'full', 'expand-only', 'none'),
    ),
    upcasts: repeated(
      {
        usage: '--upcast <version=path>',
        summary: 'a JSON Patch that makes metadata of an earlier version one of this',
      },
      readPair,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const upcasts: Upcast[] = []
    for (const [from, path] of values.upcasts) {
      upcasts.push({ from, patch: parsePatch(await readJsonInput(path)) })
    }
    const spec: FormatSpec = {
      schema: parseSchema(await readJsonInput(values.schema)),
      compatibility: values.compatibility ?? 'backward',
      changelog: values.changelog,
      recovery: { uri: values.script, digest: values.scriptDigest },
      ...(upcasts.length === 0 ? {} : { upcasts }),
    }
    const client = await openClient(session, values)
    const receipt = await client.formats.publish(values.format, values.version, spec)
    return { document: receipt, text: (screen) => drawVersion(screen, receipt) }
  },
})

const show = command({
  words: 'formats show',
  summary: 'show a version of a format and its schema',
  heading: 'Records',
  takes: { format, version, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    const found = await client.formats.get(values.format, values.version, query)
    return {
      document: found,
      text: (screen) =>
        `${drawVersion(screen, found)}\n\n${JSON.stringify(found.schema, undefined, 2)}`,
    }
  },
})

const versionColumns: readonly Column<FormatVersionSummary>[] = [
  { title: 'VERSION', value: (row) => row.version },
  { title: 'PUBLISHED', value: (row) => row.at },
  { title: 'COMPATIBLE', value: (row) => row.compatibility },
  { title: 'READS', value: (row) => upcastsText(row) },
  { title: 'CHANGELOG', value: (row) => plainText(row.changelog), minWidth: 16 },
]

const list = command({
  words: 'formats list',
  summary: 'list checkpoint formats by name, each with its newest version',
  heading: 'Records',
  takes: { ...listing, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    return reportList(values, (limit) => client.formats.list({ ...query, limit }), {
      none: 'No formats.',
      columns: [{ title: 'FORMAT', value: (row) => row.format }, ...versionColumns],
    })
  },
})

const versions = command({
  words: 'formats versions',
  summary: 'list the versions of a format with their changelog, newest first',
  heading: 'Records',
  takes: { format, ...listing, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    return reportList(
      values,
      (limit) => client.formats.versions(values.format, { ...query, limit }),
      {
        none: 'No versions.',
        columns: versionColumns,
      },
    )
  },
})

function drawVersion(screen: Screen, found: FormatVersionSummary): string {
  return drawFacts(screen, [
    ['format', `${found.format}@${found.version}`],
    ['changelog', plainText(found.changelog)],
    ['compatibility', found.compatibility],
    ['reads', upcastsText(found)],
    ['recovery script', plainText(found.recovery.uri)],
    ['its digest', found.recovery.digest],
    ['schema', found.schemaDigest],
    ['published', found.at],
    ['index', found.index],
  ])
}

const upcastsText = ({ upcasts = [] }: FormatVersionSummary): string | undefined =>
  upcasts.length === 0 ? undefined : upcasts.map(({ from }) => from).join(', ')

/** Reads a schema; the catalog checks what it says. */
function parseSchema(document: unknown): JsonMap {
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
    return document as JsonMap
  }
  throw new CatalogError('INVALID_REQUEST', '--schema: this is no JSON object, as a schema is.')
}

/** Reads a JSON Patch; the catalog checks what it says. */
function parsePatch(document: unknown): readonly PatchOperation[] {
  if (Array.isArray(document)) return document as readonly PatchOperation[]
  throw new CatalogError('INVALID_REQUEST', '--upcast: this is no JSON Patch, which is a list.')
}

export const formatCommands = [publish, show, list, versions] as const
