import type { Json, JsonObject } from '../../schema/canonical-json.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { isCatalogError } from '../../schema/errors.ts'
import type { FormatReading } from '../../schema/format.ts'
import { applyPatch } from '../../schema/json-patch.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { FormatName, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { PlanWarning } from '../../schema/recovery-plan.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { compileCheck, METADATA_MAX_BYTES } from './check-metadata.ts'
import { factsOf, readSchema, readVersions } from './read-format.ts'

type Step = FormatReading['upcasts'][number]

/** How a state's metadata is read today, and what to know of it. */
export interface Upcasted {
  readonly reading?: FormatReading
  readonly warning?: PlanWarning
}

/**
 * The metadata of a manifest as of the newest version to which published upcasts lead; nothing where the format is
 * not published, or the state is of that version already. What is stored is not touched.
 */
export async function readUpcasts(
  db: Reader,
  of: {
    readonly namespace: NamespaceName
    readonly format: Manifest['format']
    readonly asOf: LogIndex
  },
): Promise<Upcasted> {
  if (of.format === undefined) return {}
  const { name, version, metadata = {} } = of.format
  const question = { namespace: of.namespace, format: name as FormatName, asOf: of.asOf }
  const published = await readVersions(db, question)
  if (published.length === 0) return {}
  if (!published.some((row) => row.version === version)) {
    return warned(
      'FORMAT_UNKNOWN',
      `Version "${version}" of the format "${name}" is not published: its metadata was not checked, and no upcasts are known.`,
    )
  }
  const upcasts = stepsFrom(version, published)
  const target = published.find((row) => row.version === upcasts.at(-1)?.to)
  if (target === undefined) return {}
  const read = applyAll(metadata, upcasts)
  const check = compileCheck(target.schema_digest, await readSchema(db, target))
  const why = 'why' in read ? read.why : check(read.metadata)
  if ('why' in read || why !== undefined) {
    const sentence = `The metadata cannot be read as of version "${target.version}" of the format "${name}"`
    return warned('UPCAST_FAILED', `${sentence}: ${why}.`)
  }
  return { reading: { version: target.version, metadata: read.metadata, upcasts } }
}

const warned = (code: PlanWarning['code'], message: string): Upcasted => ({
  warning: { code, message },
})

/**
 * The fewest upcasts that lead from a version to the newest that can be reached. Versions are given newest first,
 * and each knows upcasts from earlier ones only, so that this ends.
 */
export function stepsFrom(
  version: string,
  published: readonly Row<'format_version'>[],
): readonly Step[] {
  const ways = new Map<string, readonly Step[]>([[version, []]])
  let newest: readonly Step[] = []
  for (const row of published.toReversed()) {
    const candidates = (factsOf(row).upcasts ?? []).flatMap(({ from, patch }) => {
      const before = ways.get(from)
      return before === undefined ? [] : [[...before, { from, to: row.version, patch }]]
    })
    const [shortest] = candidates.toSorted((left, right) => left.length - right.length)
    if (shortest === undefined || row.version === version) continue
    ways.set(row.version, shortest)
    newest = shortest
  }
  return newest
}

function applyAll(
  metadata: JsonObject,
  upcasts: readonly Step[],
): { readonly metadata: JsonObject } | { readonly why: string } {
  let value: Json = metadata
  try {
    for (const { patch } of upcasts) {
      if (canonicalize(value).length > METADATA_MAX_BYTES) return { why: 'it is too large' }
      value = applyPatch(value, patch)
    }
  } catch (error) {
    if (!isCatalogError(error)) throw error
    return { why: error.message.replace(/\.$/, '') }
  }
  if (isMap(value)) return { metadata: value }
  return { why: 'an upcast makes something else than an object of it' }
}

const isMap = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
