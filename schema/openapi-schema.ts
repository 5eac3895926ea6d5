import { CatalogError, isErrorCode, type ErrorCode } from './errors.ts'

/** One member of an object schema. */
export interface SchemaMember {
  readonly name: string
  readonly required: boolean
  readonly node: SchemaNode
}

/** What values a schema admits, as far as a type can say it; bounds and patterns stay in `keywords`. */
export type SchemaShape =
  | { readonly kind: 'any' | 'string' | 'integer' | 'number' | 'boolean' | 'null' }
  | { readonly kind: 'const'; readonly value: string | number | boolean }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'array'; readonly items: SchemaNode }
  | { readonly kind: 'object'; readonly members: readonly SchemaMember[] }
  | { readonly kind: 'open-object' }
  | { readonly kind: 'map'; readonly grammar: string; readonly values: SchemaNode }
  | { readonly kind: 'union'; readonly options: readonly SchemaNode[] }

/** A schema of the catalog, read: its name, its words, its shape and its other keywords. */
export interface SchemaNode {
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  /** The code that the server answers with when this part is refused. */
  readonly errorCode?: ErrorCode
  readonly shape: SchemaShape
  /** Keywords that bound the value without changing its type, as they are written. */
  readonly bounds: Readonly<Record<string, unknown>>
}

/** Keywords that bound a value; whatever is not here or read below stops the generator. */
const boundKeywords = new Set([
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'maxProperties',
])

/** Keywords that {@link parseSchema} reads into fields of their own. */
const readKeywords = new Set([
  'title',
  'description',
  'default',
  'x-error-code',
  'type',
  'const',
  'enum',
  'items',
  'properties',
  'required',
  'patternProperties',
  'additionalProperties',
  'anyOf',
])

/**
 * Reads a TypeBox schema as the JSON Schema that it is, in the subset that the contract allows itself.
 *
 * @throws {INTERNAL} a keyword or a combination is outside of the subset
 */
export function parseSchema(schema: unknown, at: string): SchemaNode {
  const source = parseRecord(schema, at)
  const bounds: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(source)) {
    if (boundKeywords.has(keyword)) bounds[keyword] = value
    else if (!readKeywords.has(keyword)) fail(at, `the keyword "${keyword}" is not in the subset`)
  }
  const { title, description } = source
  const errorCode = source['x-error-code']
  return {
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...('default' in source ? { default: source['default'] } : {}),
    ...(isErrorCode(errorCode) ? { errorCode } : {}),
    shape: parseShape(source, at),
    bounds,
  }
}

function parseShape(source: Readonly<Record<string, unknown>>, at: string): SchemaShape {
  const { type, const: constant, enum: values, anyOf } = source
  if (Array.isArray(anyOf)) {
    const options = anyOf.map((option, index) => parseSchema(option, `${at}/anyOf/${index}`))
    return { kind: 'union', options }
  }
  if (Array.isArray(values)) return { kind: 'enum', values: values.map((value) => String(value)) }
  if (isScalar(constant)) return { kind: 'const', value: constant }
  switch (type) {
    case undefined:
      return { kind: 'any' }
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
      return { kind: type }
    case 'array':
      return { kind: 'array', items: parseSchema(source['items'], `${at}/items`) }
    case 'object':
      return parseObject(source, at)
    default:
      return fail(at, `the type ${JSON.stringify(type)} is not in the subset`)
  }
}

function parseObject(source: Readonly<Record<string, unknown>>, at: string): SchemaShape {
  const { properties, patternProperties, additionalProperties, required } = source
  if (additionalProperties === true && properties === undefined) return { kind: 'open-object' }
  if (additionalProperties !== false) fail(at, 'an object must refuse what it does not know')
  if (patternProperties !== undefined) {
    const patterns = Object.entries(parseRecord(patternProperties, at))
    const [first] = patterns
    if (first === undefined || patterns.length > 1) return fail(at, 'a map has exactly one pattern')
    return { kind: 'map', grammar: first[0], values: parseSchema(first[1], `${at}/values`) }
  }
  const needed = new Set(Array.isArray(required) ? required : [])
  const members = Object.entries(parseRecord(properties, at)).map(([name, member]) => ({
    name,
    required: needed.has(name),
    node: parseSchema(member, `${at}/${name}`),
  }))
  return { kind: 'object', members }
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function parseRecord(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return fail(at, 'a schema must be an object')
  return value as Readonly<Record<string, unknown>>
}

function fail(at: string, why: string): never {
  throw new CatalogError('INTERNAL', `The schema at ${at} cannot be generated from: ${why}.`)
}
