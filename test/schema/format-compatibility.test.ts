import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import { canonicalize, type Json, type JsonObject } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { incompatibilities } from '../../schema/format-compatibility.ts'
import { plainSchema } from '../../schema/format-schema.ts'
import type { Compatibility } from '../../schema/format.ts'
import { compileCheck } from '../../server/timeline/check-metadata.ts'

const closed = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const open = (properties: JsonObject): JsonObject => ({ type: 'object', properties })
const of = (part: Json): JsonObject => closed({ a: part }, ['a'])

const modes = ['backward', 'forward', 'full', 'expand-only'] as const

/** In which of the modes a newer schema fits an older one. */
const fitting = (older: JsonObject, newer: JsonObject): readonly Compatibility[] =>
  modes.filter((mode) => {
    const pair = { older: plainSchema(older), newer: plainSchema(newer) }
    return incompatibilities(mode, pair).length === 0
  })

const all = [...modes]
const text = { type: 'string' }
const count = { type: 'integer' }

const table: readonly (readonly [
  name: string,
  older: JsonObject,
  newer: JsonObject,
  fits: readonly Compatibility[],
])[] = [
  ['the same', of(text), of(text), all],
  ['other words about it', of(text), of({ ...text, description: 'A text.' }), all],
  [
    'a new optional member, closed',
    closed({ a: text }),
    closed({ a: text, b: count }),
    ['backward', 'expand-only'],
  ],
  [
    'a new optional member, open',
    open({ a: text }),
    open({ a: text, b: count }),
    ['forward', 'expand-only'],
  ],
  ['a new optional member of any value, open', open({ a: text }), open({ a: text, b: {} }), all],
  ['a new required member', closed({ a: text }), closed({ a: text, b: count }, ['b']), []],
  [
    'a member that was removed, closed',
    closed({ a: text, b: count }),
    closed({ a: text }),
    ['forward'],
  ],
  ['a member that is required no more', of(text), closed({ a: text }), ['backward']],
  ['a member that is required now', closed({ a: text }), of(text), ['forward']],
  ['a wider type', of(count), of({ type: 'number' }), ['backward']],
  ['one more type', of(text), of({ type: ['string', 'null'] }), ['backward']],
  ['another type', of(text), of(count), []],
  [
    'a looser bound',
    of({ type: 'integer', minimum: 5 }),
    of({ type: 'integer', minimum: 1 }),
    ['backward'],
  ],
  ['a bound that is new', of(text), of({ type: 'string', maxLength: 9 }), ['forward']],
  ['one more value', of({ enum: ['x', 'y'] }), of({ enum: ['x', 'y', 'z'] }), ['backward']],
  ['any text instead of some', of({ enum: ['x', 'y'] }), of(text), ['backward']],
  ['a number among texts', of({ enum: ['x', 1] }), of(text), []],
  ['one more alternative', of({ anyOf: [text] }), of({ anyOf: [text, count] }), ['backward']],
  [
    'alternatives that are one',
    of({ anyOf: [count, { type: 'number' }] }),
    of({ type: 'number' }),
    ['backward', 'forward', 'full'],
  ],
  [
    'another pattern',
    of({ ...text, maxLength: 9, pattern: '^a$' }),
    of({ ...text, maxLength: 9, pattern: '^b$' }),
    [],
  ],
  [
    'items that are looser',
    of({ type: 'array', items: count }),
    of({ type: 'array' }),
    ['backward'],
  ],
  [
    'a member of a member',
    of(closed({ b: text })),
    of(closed({ b: text, c: count })),
    ['backward', 'expand-only'],
  ],
  ['a closed object that opens', closed({ a: text }), open({ a: text }), ['backward']],
  [
    'a member that may not be',
    closed({ a: text, b: false }),
    closed({ a: text }),
    ['backward', 'forward', 'full'],
  ],
]

describe('the compatibility of two schemas', () => {
  for (const [name, older, newer, fits] of table) {
    it(`is ${fits.join(', ') || 'none'} for ${name}`, () => {
      assert.deepEqual(fitting(older, newer), fits)
    })
  }

  it('says where and what, a bounded number of times', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, place) => [`m${place}`, text]))
    const others = Object.fromEntries(Object.keys(many).map((name) => [name, count]))
    const pair = { older: plainSchema(closed(many)), newer: plainSchema(closed(others)) }
    const reasons = incompatibilities('backward', pair)
    assert.equal(reasons.length, 20)
    assert.equal(reasons[0], '/m0 may be of type string on one side only')
  })

  it('is never claimed where a value tells otherwise', () => {
    fc.assert(
      fc.property(schemas, schemas, fc.array(values, { maxLength: 12 }), (older, newer, found) => {
        const [before, after] = [checkOf(older), checkOf(newer)]
        const modesThatFit = fitting(older, newer)
        for (const value of found) {
          const [old, now] = [before(value) === undefined, after(value) === undefined]
          if (modesThatFit.includes('backward')) assert.ok(!old || now, canonicalize(value))
          if (modesThatFit.includes('forward')) assert.ok(!now || old, canonicalize(value))
        }
      }),
      { numRuns: 400 },
    )
  })
})

const checkOf = (schema: JsonObject) => compileCheck(digestOf(canonicalize(schema)), schema)

/** Small schemas over few names and values, so that pairs of them are often related. */
const parts: Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    true,
    false,
    { type: 'integer' },
    { type: 'number', minimum: 1 },
    { type: 'number', maximum: 3, exclusiveMinimum: 0 },
    { type: 'string' },
    { type: 'string', maxLength: 2, minLength: 1 },
    { type: ['string', 'null'] },
    { enum: [1, 'x'] },
    { enum: [1, 'x', 2, null] },
    { type: 'integer', enum: [1, 'x'] },
    { const: 2 },
    { anyOf: [{ type: 'integer' }, { type: 'string' }] },
    { anyOf: [{ const: 1 }, { type: 'null' }] },
    { type: 'array', items: { type: 'integer' } },
    { type: 'array', maxItems: 1 },
    { type: 'object', properties: { c: { type: 'integer' } }, additionalProperties: false },
  ),
)
const schemas: Arbitrary<JsonObject> = fc
  .record({
    a: fc.option(parts, { nil: undefined }),
    b: fc.option(parts, { nil: undefined }),
    required: fc.subarray(['a', 'b']),
    rest: fc.option(parts, { nil: undefined }),
  })
  .map(({ a, b, required, rest }) => ({
    type: 'object',
    properties: { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) },
    // The strict compiler refuses to require what is not described.
    required: required.filter((name) => (name === 'a' ? a : b) !== undefined),
    ...(rest === undefined ? {} : { additionalProperties: rest }),
  }))
const leaves = fc.constantFrom<Json>(
  0,
  1,
  2,
  5,
  1.5,
  'x',
  'xyz',
  '',
  null,
  true,
  [],
  [1],
  ['x', 2],
  {},
  { c: 1 },
  { c: 'x' },
)
const values: Arbitrary<JsonObject> = fc.dictionary(fc.constantFrom('a', 'b', 'c'), leaves, {
  maxKeys: 3,
})
