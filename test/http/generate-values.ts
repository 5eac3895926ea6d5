import fc, { type Arbitrary } from 'fast-check'
import type { SchemaNode } from '../../schema/openapi-schema.ts'

/** Values for schemas by their title: names that the catalog knows, among a few that it does not. */
export type NamePools = ReadonlyMap<string, readonly unknown[]>

/** Items and members of what is generated: enough to differ, few enough to read in a report. */
const MEMBERS_MAX_COUNT = 3
/** Longest text: most bounds are tested by tables, and long texts make slow reports. */
const TEXT_MAX_LENGTH = 24

const anyText = fc.oneof(
  { weight: 5, arbitrary: fc.string({ maxLength: TEXT_MAX_LENGTH }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: TEXT_MAX_LENGTH }) },
  { weight: 1, arbitrary: fc.constantFrom('', '\u0000', '\ufeff', '__proto__', '😀'.repeat(8)) },
)
const anyJson = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' })

/** Values that a schema admits, nearly always. */
export function valueOf(node: SchemaNode, pools: NamePools): Arbitrary<unknown> {
  const pool = pools.get(node.title ?? '')
  if (pool !== undefined) return fc.constantFrom(...pool)
  const { shape } = node
  switch (shape.kind) {
    case 'string':
      return textOf(node)
    case 'integer':
    case 'number':
      return integerOf(node)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'const':
      return fc.constant(shape.value)
    case 'enum':
      return fc.constantFrom(...shape.values)
    case 'any':
      return anyJson
    case 'open-object':
      return fc.dictionary(anyText, anyJson, { maxKeys: MEMBERS_MAX_COUNT })
    case 'map':
      return fc.dictionary(
        fc.stringMatching(new RegExp(shape.grammar)),
        valueOf(shape.values, pools),
        { maxKeys: MEMBERS_MAX_COUNT },
      )
    case 'array':
      return fc.array(valueOf(shape.items, pools), {
        minLength: Number(node.bounds['minItems'] ?? 0),
        maxLength: MEMBERS_MAX_COUNT,
      })
    case 'union':
      return fc.oneof(...shape.options.map((option) => valueOf(option, pools)))
    case 'object':
      return fc.record(
        Object.fromEntries(shape.members.map(({ name, node: of }) => [name, valueOf(of, pools)])),
        { requiredKeys: shape.members.filter((member) => member.required).map(({ name }) => name) },
      )
  }
}

function textOf({ bounds }: SchemaNode): Arbitrary<string> {
  const { pattern } = bounds
  if (typeof pattern !== 'string') return anyText
  // fast-check reads no lookaheads; the few patterns with one admit plain words.
  if (pattern.includes('(?!')) return fc.constantFrom('v1', 'a-b.c', 'v2', '0')
  return fc.stringMatching(new RegExp(pattern), { size: 'small' })
}

function integerOf({ bounds }: SchemaNode): Arbitrary<number> {
  const min = Number(bounds['minimum'] ?? Number.MIN_SAFE_INTEGER)
  const max = Number(bounds['maximum'] ?? Number.MAX_SAFE_INTEGER)
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min, max: Math.min(max, min + 12) }) },
    { weight: 1, arbitrary: fc.constantFrom(min, max, max - 1) },
  )
}

/** Values that hardly any schema admits. */
export const junk: Arbitrary<unknown> = fc.oneof(
  anyJson,
  anyText,
  fc.constantFrom<unknown>(null, [], {}, '', 0, -0, -1, 0.5, 1e300, 2 ** 53, true, 'null'),
  fc.constant(JSON.parse('{"__proto__":{"a":1}}')),
  fc.constant(JSON.parse('['.repeat(80) + ']'.repeat(80))),
)

/** A change somewhere in a value: where, by the place among the members on each level, and what. */
export interface Change {
  readonly places: readonly number[]
  readonly deed: 'replace' | 'remove' | 'add'
  readonly value: unknown
}

export const change: Arbitrary<Change> = fc.record({
  places: fc.array(fc.nat(16), { minLength: 1, maxLength: 6 }),
  deed: fc.constantFrom('replace', 'remove', 'add'),
  value: junk,
})

/** The value with the change made in it. */
export function changed(value: unknown, { places, deed, value: put }: Change): unknown {
  const [place, ...deeper] = places
  if (place === undefined || typeof value !== 'object' || value === null) return put
  const entries = Object.entries(value)
  const [key, member] = entries[place % Math.max(1, entries.length)] ?? ['added', undefined]
  const last = deeper.length === 0 || typeof member !== 'object' || member === null
  const kept = last && deed === 'remove' ? entries.filter(([name]) => name !== key) : entries
  const named = last && deed === 'add' ? `${key}-2` : key
  const next = last ? put : changed(member, { places: deeper, deed, value: put })
  const all =
    last && deed === 'remove' ? kept : [...kept.filter(([name]) => name !== named), [named, next]]
  return Array.isArray(value) ? all.map(([, item]) => item) : Object.fromEntries(all)
}

/** A value of which some members come from another of its kind. */
export function blended(value: unknown, other: unknown, coins: readonly boolean[]): unknown {
  if (!isPlain(value) || !isPlain(other)) return coins[0] === true ? other : value
  const members = Object.entries(other).map(([name, own], place) => {
    const rest = coins.slice(place + 1)
    if (!(name in value)) return rest[0] === true ? [[name, own]] : []
    return [[name, blended(value[name], own, rest)]]
  })
  return { ...value, ...Object.fromEntries(members.flat()) }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
