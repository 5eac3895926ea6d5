import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Json, JsonObject } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { plainSchema, SCHEMA_DIALECT } from '../../schema/format-schema.ts'
import { compileCheck, knownCheck } from '../../server/timeline/check-metadata.ts'

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
})

/** A definition that leads to the next one twice: as many parts as two to the power of its depth. */
function doubling(depth: number): JsonObject {
  const $defs: Record<string, Json> = { [`d${depth}`]: { type: 'null' } }
  for (let level = 0; level < depth; level += 1) {
    const next = { $ref: `#/$defs/d${level + 1}` }
    $defs[`d${level}`] = { anyOf: [next, next] }
  }
  return object({ a: { $ref: '#/$defs/d0' } }, { $defs })
}

/** Objects within objects. */
function nested(depth: number): JsonObject {
  let schema: JsonObject = { type: 'object' }
  for (let level = 0; level < depth; level += 1) schema = object({ a: schema })
  return schema
}

const hostile: readonly (readonly [name: string, schema: JsonObject, pointer: string])[] = [
  ['a root that is no object', { type: 'string' }, '/type'],
  [
    'another dialect',
    { ...object({}), $schema: 'http://json-schema.org/draft-07/schema#' },
    '/$schema',
  ],
  [
    'a reference elsewhere',
    object({ a: { $ref: 'https://example.com/a.json' } }),
    '/properties/a/$ref',
  ],
  ['a reference to a file', object({ a: { $ref: 'file:///etc/passwd' } }), '/properties/a/$ref'],
  ['a reference to the whole', object({ a: { $ref: '#' } }), '/properties/a/$ref'],
  ['a reference to nothing', object({ a: { $ref: '#/$defs/b' } }), '/properties/a/$ref'],
  [
    'a definition that leads into itself',
    object({}, { $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } } }),
    '/$defs/a/items/$ref',
  ],
  ['more parts than can be tried', doubling(20), ''],
  ['more levels than anyone reads', nested(20), ''],
  [
    'a pattern that takes for ever',
    object({ a: { type: 'string', maxLength: 64, pattern: '^(a+)+$' } }),
    '/properties/a/pattern',
  ],
  [
    'a pattern of long texts',
    object({ a: { type: 'string', pattern: '^a+$' } }),
    '/properties/a/pattern',
  ],
  [
    'many patterns that are slow together',
    object(
      Object.fromEntries(
        Array.from({ length: 30 }, (_, place) => [
          `p${place}`,
          { type: 'string', maxLength: 64, pattern: '[a-z]+x' },
        ]),
      ),
    ),
    '',
  ],
  [
    'a keyword outside of the subset',
    object({ a: { not: { type: 'string' } } }),
    '/properties/a/not',
  ],
  ['bounds without a type', object({ a: { minimum: 1 } }), '/properties/a/minimum'],
  [
    'a bound of another type',
    object({ a: { type: 'string', minimum: 1 } }),
    '/properties/a/minimum',
  ],
  [
    'alternatives with bounds beside them',
    object({ a: { anyOf: [true], type: 'null' } }),
    '/properties/a/type',
  ],
  ['a part that is no schema', object({ a: 1 }), '/properties/a'],
  ['members that are no object', { type: 'object', properties: [] }, '/properties'],
  ['names that are no list', { type: 'object', required: 'a' }, '/required'],
  ['more bytes than are kept', object({}, { description: 'x'.repeat(70_000) }), ''],
]

describe('the schema of a format', () => {
  for (const [name, schema, pointer] of hostile) {
    it(`is refused for ${name}, with where it is`, () => {
      const startedMs = performance.now()
      assert.throws(
        () => compileCheck(digestOf(canonicalize(schema)), schema),
        (error: unknown) => {
          assert.ok(error instanceof Error && 'code' in error && 'detail' in error)
          assert.equal(error.code, 'FORMAT_SCHEMA_INVALID')
          if (pointer !== '') {
            assert.equal((error.detail as { readonly pointer: string }).pointer, pointer)
          }
          assert.ok(error.message.length < 600)
          return true
        },
      )
      assert.ok(performance.now() - startedMs < 2_000, 'refused before it costs anything')
      assert.equal(knownCheck(digestOf(canonicalize(schema))), undefined)
    })
  }

  for (const [name, schema] of [
    ['a bound that is no number', object({ a: { type: 'string', minLength: 'x' } })],
    ['a type that there is not', object({ a: { type: 'text' } })],
    ['a list of no values', object({ a: { enum: [] } })],
    ['a pattern that is none', object({ a: { type: 'string', maxLength: 9, pattern: '[z-a]' } })],
  ] as const) {
    it(`is refused for ${name} by the strict compiler`, () => {
      assert.throws(() => compileCheck(digestOf(canonicalize(schema)), schema), {
        code: 'FORMAT_SCHEMA_INVALID',
        message: /^The schema is no JSON Schema that is strict: /,
      })
    })
  }

  it('is read without its words, with its references followed', () => {
    const plain = plainSchema(
      object(
        { b: { $ref: '#/$defs/axis', title: 'Axis' }, a: { const: 1, description: 'One.' } },
        {
          $schema: SCHEMA_DIALECT,
          $defs: { axis: { type: 'string', enum: ['time', 'place', 7] } },
          title: 'Metadata',
          required: ['b', 'a'],
        },
      ),
    )
    assert.deepEqual(plain, {
      type: ['object'],
      properties: { b: { enum: ['time', 'place'] }, a: { enum: [1] } },
      required: ['a', 'b'],
    })
  })

  it('checks metadata and says what does not fit', () => {
    const schema = object(
      { axis: { type: 'string', maxLength: 16, pattern: '^[a-z]+$' }, layers: { type: 'integer' } },
      { required: ['axis'], additionalProperties: false },
    )
    const check = compileCheck(digestOf(canonicalize(schema)), schema)
    assert.equal(check({ axis: 'time', layers: 3 }), undefined)
    assert.match(check({}) ?? '', /must have required property 'axis'/)
    assert.match(check({ axis: 'Time' }) ?? '', /^\/axis must match pattern/)
    assert.match(check({ axis: 'time', more: 1 }) ?? '', /additional properties/)
    assert.match(check({ axis: 'x'.repeat(70_000) }) ?? '', /65536 is the most/)
    assert.equal(knownCheck(digestOf(canonicalize(schema))), check)
  })
})
