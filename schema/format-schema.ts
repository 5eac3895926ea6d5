import { canonicalize, type Json, type JsonObject } from './canonical-json.ts'
import { CatalogError } from './errors.ts'
import { PATTERN_TEXT_MAX_LENGTH, patternCost } from './pattern-cost.ts'

/** Largest schema of a format, in bytes of its canonical form. */
export const SCHEMA_MAX_BYTES = 64 * 1024
/** Most parts of a schema, each counted as often as a reference leads to it: so many are tried on each value. */
const PARTS_MAX_COUNT = 1_024
/** Levels of a schema: metadata that is deeper is nobody's to read. */
const LEVELS_MAX_COUNT = 32
/** Ways through a text that all patterns of a schema may have together: some milliseconds. */
const PATTERNS_MAX_COST = 2 ** 20

export const SCHEMA_DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/** Words about a value, which say nothing of whether it fits. */
const annotations = ['title', 'description', 'default', 'examples', '$comment']
const constraints = {
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  string: ['minLength', 'maxLength', 'pattern'],
  array: ['items', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
} as const

/** Forms of a schema: each has one of the first words, and of the others only these. */
const forms: readonly { readonly by: string; readonly also: readonly string[] }[] = [
  { by: '$ref', also: [] },
  { by: 'anyOf', also: [] },
  { by: 'const', also: ['type'] },
  { by: 'enum', also: ['type'] },
  { by: 'type', also: Object.values(constraints).flat() },
]

/** What is left of the bounds, and what leads to the part at hand. */
interface Walk {
  readonly definitions: JsonObject
  readonly budget: { parts: number; ways: number }
}

interface Place {
  readonly pointer: string
  readonly levels: number
  /** References that lead here, so that none leads into itself. */
  readonly through: readonly string[]
}

/**
 * A schema of metadata without what its compatibility does not rest on: references are followed, words that
 * only describe are left out. Refuses what cannot be bounded or compared.
 *
 * Schemas are a subset of JSON Schema 2020-12: `type` with the bounds of that type, `const`, `enum`, `anyOf`,
 * `$ref` to `#/$defs/…`; the outermost one is of an object.
 *
 * @throws {FORMAT_SCHEMA_INVALID} the message says where and why
 */
export function plainSchema(schema: JsonObject): JsonObject {
  const sizeBytes = new TextEncoder().encode(canonicalize(schema)).length
  if (sizeBytes > SCHEMA_MAX_BYTES) {
    throw invalid('', `has ${sizeBytes} bytes, and ${SCHEMA_MAX_BYTES} is the most`)
  }
  const { $schema, $defs, ...root } = schema
  if ($schema !== undefined && $schema !== SCHEMA_DIALECT) {
    throw invalid('/$schema', `must be ${SCHEMA_DIALECT}, or be left out`)
  }
  if (root['type'] !== 'object') throw invalid('/type', 'must be "object": metadata is one')
  const definitions = $defs ?? {}
  if (!isMap(definitions)) throw invalid('/$defs', 'must be an object of schemas')
  const budget = { parts: PARTS_MAX_COUNT, ways: PATTERNS_MAX_COST }
  const walk = { definitions, budget }
  const plain = plainPart(walk, root, { pointer: '', levels: 0, through: [] })
  if (!isMap(plain)) throw invalid('', 'must be an object')
  // What nothing refers to is compiled all the same.
  for (const [name, definition] of Object.entries(definitions)) {
    const pointer = `/$defs/${name}`
    plainPart(walk, definition, { pointer, levels: 1, through: [`#${pointer}`] })
  }
  return plain
}

function plainPart(walk: Walk, schema: Json, place: Place): Json {
  const { budget } = walk
  budget.parts -= 1
  if (budget.parts < 0) {
    throw invalid(
      place.pointer,
      `is one of more than ${PARTS_MAX_COUNT} parts, references followed`,
    )
  }
  if (place.levels > LEVELS_MAX_COUNT) {
    throw invalid(place.pointer, `is more than ${LEVELS_MAX_COUNT} levels deep`)
  }
  if (typeof schema === 'boolean') return schema
  if (!isMap(schema)) throw invalid(place.pointer, 'must be a schema: an object, true or false')
  const words = Object.keys(schema).filter((word) => !annotations.includes(word))
  if (words.length === 0) return true
  const form = forms.find(({ by }) => words.includes(by))
  const unknown = words.find((word) => word !== form?.by && !form?.also.includes(word))
  if (form === undefined || unknown !== undefined) {
    const word = unknown ?? words[0] ?? ''
    throw invalid(`${place.pointer}/${word}`, describeForms(form?.by))
  }
  switch (form.by) {
    case '$ref':
      return followed(walk, schema['$ref'], place)
    case 'anyOf':
      return {
        anyOf: partsOf(walk, schema['anyOf'], { ...place, pointer: `${place.pointer}/anyOf` }),
      }
    case 'const':
      return plainEnum({ ...schema, enum: [schema['const'] ?? null] }, place)
    case 'enum':
      return plainEnum(schema, place)
    default:
      return plainTyped(walk, schema, place)
  }
}

const describeForms = (by: string | undefined): string =>
  by === undefined
    ? 'cannot be used without "type": give the type of the value'
    : `cannot be used beside "${by}": formats use type with its bounds, const, enum, anyOf and $ref`

function followed(walk: Walk, reference: Json | undefined, place: Place): Json {
  const at = `${place.pointer}/$ref`
  const name =
    typeof reference === 'string' ? /^#\/\$defs\/([^/~]+)$/.exec(reference)?.[1] : undefined
  if (name === undefined || typeof reference !== 'string') {
    throw invalid(at, 'must be "#/$defs/" and a name: nothing outside of the schema is read')
  }
  const definition = Object.hasOwn(walk.definitions, name) ? walk.definitions[name] : undefined
  if (definition === undefined) throw invalid(at, `names ${reference}, which is not there`)
  if (place.through.includes(reference)) {
    throw invalid(at, `leads into itself by ${reference}: metadata of any depth cannot be checked`)
  }
  return plainPart(walk, definition, {
    pointer: place.pointer,
    levels: place.levels + 1,
    through: [...place.through, reference],
  })
}

function partsOf(walk: Walk, parts: Json | undefined, place: Place): readonly Json[] {
  if (!Array.isArray(parts)) throw invalid(place.pointer, 'must be a list of schemas')
  return parts.map((part: Json, index) => plainPart(walk, part, below(place, String(index))))
}

function plainEnum({ enum: values, type }: JsonObject, place: Place): Json {
  if (!Array.isArray(values)) throw invalid(`${place.pointer}/enum`, 'must be a list of values')
  const types = type === undefined ? undefined : typesOf(type)
  return { enum: values.filter((value: Json) => types === undefined || hasType(types, value)) }
}

/** The types that a schema names, in order of their names. */
const typesOf = (type: Json | undefined): readonly string[] =>
  (Array.isArray(type) ? type : [type]).map(String).toSorted()

/** Whether a value is of one of some types. */
export function hasType(types: readonly string[], value: Json): boolean {
  if (value === null) return types.includes('null')
  if (Array.isArray(value)) return types.includes('array')
  if (typeof value !== 'number') return types.includes(typeof value)
  return types.includes('number') || (types.includes('integer') && Number.isInteger(value))
}

/** A schema of values of some types, with the bounds of each. */
function plainTyped(walk: Walk, schema: JsonObject, place: Place): Json {
  const { type, ...bounds } = schema
  const types = typesOf(type)
  const plain: Record<string, Json> = { type: types }
  for (const [word, value] of Object.entries(bounds)) {
    if (annotations.includes(word)) continue
    const at = below(place, word)
    const of = Object.entries(constraints).find(([, words]) => words.some((own) => own === word))
    const isOfType = types.some((own) => (own === 'integer' ? 'number' : own) === of?.[0])
    if (of !== undefined && !isOfType) {
      throw invalid(at.pointer, `is for values of type ${of[0]}, which these are not`)
    }
    plain[word] = plainBound(walk, { word, value }, at)
  }
  checkPattern(walk, schema, place)
  return plain
}

function plainBound(
  walk: Walk,
  { word, value }: { readonly word: string; readonly value: Json },
  place: Place,
): Json {
  if (word === 'items' || word === 'additionalProperties') return plainPart(walk, value, place)
  if (word === 'required') {
    if (!Array.isArray(value)) throw invalid(place.pointer, 'must be a list of names')
    return value.map(String).toSorted()
  }
  if (word !== 'properties') return value
  if (!isMap(value)) throw invalid(place.pointer, 'must be an object of schemas')
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, plainPart(walk, part, below(place, name))]),
  )
}

/** Patterns are tried on what others send: none may take long, on any text that it is tried on. */
function checkPattern({ budget }: Walk, { pattern, maxLength }: JsonObject, place: Place): void {
  if (pattern === undefined) return
  const at = `${place.pointer}/pattern`
  if (typeof maxLength !== 'number' || maxLength > PATTERN_TEXT_MAX_LENGTH) {
    throw invalid(at, `needs a "maxLength" of at most ${PATTERN_TEXT_MAX_LENGTH} beside it`)
  }
  const ways = typeof pattern === 'string' ? patternCost(pattern) : undefined
  if (ways === undefined) {
    throw invalid(
      at,
      'has what cannot be bounded: repeat single characters or classes, not groups, and use no lookaround',
    )
  }
  budget.ways -= ways
  if (budget.ways < 0) {
    throw invalid(
      at,
      'could take too long on some texts: begin it with ^, and bound what it repeats, as in [a-z]{1,32}',
    )
  }
}

const below = (place: Place, name: string): Place => ({
  ...place,
  pointer: `${place.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  levels: place.levels + 1,
})

const isMap = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Most characters of a pointer in a message: names are foreign and may be long. */
const POINTER_MAX_LENGTH = 256

/** The refusal of a schema for what it has at a place. */
export function invalid(pointer: string, why: string): CatalogError {
  const shown = pointer.slice(0, POINTER_MAX_LENGTH)
  const where = shown === '' ? 'The schema' : `${shown} in the schema`
  return new CatalogError('FORMAT_SCHEMA_INVALID', `${where} ${why}.`, {
    detail: { pointer: shown },
  })
}
