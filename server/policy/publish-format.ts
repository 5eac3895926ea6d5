import { canonicalize, type JsonObject } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { plainSchema } from '../../schema/format-schema.ts'
import { incompatibilities } from '../../schema/format-compatibility.ts'
import type { FormatFacts, FormatReceipt, FormatVersionSummary } from '../../schema/format.ts'
import type { Principal } from '../../schema/grant.ts'
import { parsePointer } from '../../schema/json-patch.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { nothingNew, type Decision } from '../log/command.ts'
import type { Facts } from '../log/facts.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { compileCheck } from '../timeline/check-metadata.ts'
import { formatByVersion, read } from '../timeline/lookups.ts'
import {
  describeVersion,
  readSchema,
  readVersions,
  unknownFormat,
  VERSIONS_MAX_COUNT,
} from '../timeline/read-format.ts'

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

type Input = InputOf<'publishFormat'>

/** A version to publish, with the bytes of its schema. */
interface Candidate extends Omit<Input, 'body' | 'wait'> {
  readonly schema: JsonObject
  readonly bytes: Uint8Array
  readonly digest: Digest
  readonly facts: FormatFacts
}

/**
 * Publishes a version of a format, checked against the one published before; the same again changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORMAT_SCHEMA_INVALID | UPCAST_INVALID | DOCUMENT_TOO_LARGE}
 * @throws {FORMAT_CONFLICT} the version is published with other content, or the format has too many versions
 * @throws {FORMAT_INCOMPATIBLE} the schema does not fit the one before in the mode that was named
 * @throws {FORMAT_NOT_FOUND} an upcast is from a version that is not published
 */
export async function publishFormat(
  context: Context,
  principal: Principal,
  { namespace, format, version, body }: Input,
): Promise<FormatReceipt> {
  const { schema, ...facts } = body
  const bytes = Buffer.from(canonicalize(schema))
  const candidate = { namespace, format, version, schema, bytes, digest: digestOf(bytes), facts }
  compileCheck(candidate.digest, schema)
  checkUpcasts(candidate)
  const published = await context.log.append<FormatVersionSummary>({
    namespace,
    actor: principal.id,
    ...context.request,
    reads: [read(formatByVersion, namespace, format, version)],
    decide: (known) => decide(known, candidate),
  })
  return { ...published, proof: await proveEntry(context, namespace, published.index) }
}

/** What can be told of upcasts without the metadata that they will be applied to. */
function checkUpcasts({ version, facts }: Candidate): void {
  const from = (facts.upcasts ?? []).map((upcast) => upcast.from)
  const twice = from.find((one, place) => one === version || from.indexOf(one) < place)
  if (twice !== undefined) {
    throw new CatalogError(
      'UPCAST_INVALID',
      `The upcast from "${twice}" is there twice, or leads from the version itself: give one for each earlier version.`,
    )
  }
  for (const operation of (facts.upcasts ?? []).flatMap(({ patch }) => patch)) {
    for (const pointer of ['from' in operation ? operation.from : '', operation.path]) {
      try {
        parsePointer(pointer)
      } catch (cause) {
        const said = cause instanceof Error ? cause.message : ''
        throw new CatalogError('UPCAST_INVALID', `An upcast ${said}`, { cause })
      }
    }
  }
}

async function decide(known: Facts, candidate: Candidate): Promise<Decision<FormatVersionSummary>> {
  const { namespace, format, version, digest, facts, bytes, schema } = candidate
  const row = known.find(formatByVersion, [namespace, format, version])
  if (row !== undefined) {
    if (row.schema_digest === digest && row.facts === canonicalize(facts)) {
      return nothingNew(describeVersion(row))
    }
    throw conflict(`Version "${version}" of "${format}" is published with other content`)
  }
  await checkAgainstEarlier(known, candidate)
  const entry = { kind: 'format.published', subject: format, version, schema: digest } as const
  return {
    drafts: [{ entry: { ...entry, ...facts }, document: { bytes, value: schema } }],
    result: ({ index, at }) => ({
      namespace,
      format,
      version,
      schemaDigest: digest,
      ...facts,
      index,
      at,
    }),
  }
}

async function checkAgainstEarlier(known: Facts, candidate: Candidate): Promise<void> {
  const { namespace, format, facts } = candidate
  const db = await known.query()
  const earlier = await readVersions(db, { namespace, format, asOf: NOW })
  if (earlier.length >= VERSIONS_MAX_COUNT) {
    throw conflict(`"${format}" has ${VERSIONS_MAX_COUNT} versions, which is the most`)
  }
  for (const { from } of facts.upcasts ?? []) {
    if (!earlier.some((row) => row.version === from)) throw unknownFormat(candidate, from)
  }
  const [previous] = earlier
  if (previous === undefined || facts.compatibility === 'none') return
  const older = plainSchema(await readSchema(db, previous))
  const newer = plainSchema(candidate.schema)
  const reasons = incompatibilities(facts.compatibility, { older, newer })
  if (reasons.length === 0) return
  throw new CatalogError(
    'FORMAT_INCOMPATIBLE',
    `The schema is not shown to be compatible (${facts.compatibility}) with version "${previous.version}": ${reasons[0]}${reasons.length > 1 ? `, and ${reasons.length - 1} more` : ''}. Change it, or publish with compatibility "none" and an upcast from "${previous.version}".`,
    { detail: { previous: previous.version, reasons } },
  )
}

const conflict = (what: string): CatalogError =>
  new CatalogError(
    'FORMAT_CONFLICT',
    `${what}: what is published never changes; publish under another version or name.`,
  )
