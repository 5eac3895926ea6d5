import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import oracle from 'canonicalize'
import fc from 'fast-check'
import { canonicalize, MAX_DEPTH, parseJsonStrictly } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { isCatalogError } from '../../schema/errors.ts'
import accepted from '../vectors/canonical-json/accepted.json' with { type: 'json' }
import refused from '../vectors/canonical-json/refused-values.json' with { type: 'json' }

const wellFormedJson = fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' })

const refusedAt = (pointer: string) => (error: unknown) => {
  assert.ok(isCatalogError(error))
  assert.equal(error.code, 'NOT_CANONICAL')
  assert.equal(error.detail['pointer'], pointer)
  return true
}

describe('canonical JSON', () => {
  for (const { name, text, canonical, digest } of accepted) {
    it(`is written as in the vector: ${name}`, () => {
      assert.equal(canonicalize(parseJsonStrictly(text)), canonical)
      assert.equal(digestOf(canonical), digest)
    })

    it(`is a fixed point in the vector: ${name}`, () => {
      assert.equal(canonicalize(parseJsonStrictly(canonical)), canonical)
    })
  }

  for (const { name, value, pointer } of refused) {
    it(`refuses the value in the vector and points at it: ${name}`, () => {
      assert.throws(() => canonicalize(value), refusedAt(pointer))
    })
  }

  it('equals what the reference package writes, for any JSON value', () => {
    fc.assert(
      fc.property(wellFormedJson, (value) => {
        assert.equal(canonicalize(value), oracle(value))
      }),
    )
  })

  it('loses nothing: reading it back gives the value as JSON knows it', () => {
    fc.assert(
      fc.property(wellFormedJson, (value) => {
        const known: unknown = JSON.parse(JSON.stringify(value))
        assert.deepEqual(JSON.parse(canonicalize(value)), known)
      }),
    )
  })

  it('does not depend on the order in which members were added', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).toReversed())
        assert.equal(canonicalize(reversed), canonicalize(object))
      }),
    )
  })

  it('escapes each UTF-16 code unit on its own as JSON.stringify does, and refuses lone surrogates', () => {
    for (let code = 0; code <= 0xffff; code += 1) {
      const text = String.fromCharCode(code)
      if (text.isWellFormed()) assert.equal(canonicalize(text), JSON.stringify(text))
      else assert.throws(() => canonicalize(text), refusedAt(''))
    }
  })

  it('prints every double as ECMAScript does', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(canonicalize([value]), `[${value}]`)
      }),
    )
  })

  it('takes objects without a prototype and leaves its input unsorted', () => {
    const object: Record<string, unknown> = Object.assign(Object.create(null), { b: 1, a: [2] })
    assert.equal(canonicalize(object), '{"a":[2],"b":1}')
    assert.deepEqual(Object.keys(object), ['b', 'a'])
  })

  it('may meet the same object twice, as long as it does not contain itself', () => {
    const twice = { a: 1 }
    assert.equal(canonicalize([twice, twice]), '[{"a":1},{"a":1}]')
  })
})

describe('canonical JSON of what is no JSON', () => {
  class Step {
    readonly number = 1
  }
  class Steps extends Array<number> {}
  const unsized: unknown[] = [1]
  unsized[2] = 3
  const cycle: { self?: unknown } = {}
  cycle.self = cycle

  const values: readonly (readonly [string, unknown])[] = [
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['minus Infinity', -Infinity],
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a bigint', 10n],
    ['a Date', new Date(0)],
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
    ['a RegExp', /a/],
    ['an Error', new Error('a')],
    ['a Promise', Promise.resolve(1)],
    ['a Uint8Array', new Uint8Array(2)],
    ['an ArrayBuffer', new ArrayBuffer(2)],
    ['a boxed string', Object('a')],
    ['a boxed number', Object(1)],
    ['a class instance', new Step()],
    ['an array of a class of its own', Steps.of(1, 2)],
    ['an object that inherits its members', Object.create({ a: 1 })],
    ['an object with a symbol for a name', { [Symbol('a')]: 1 }],
    ['an object with toJSON', { toJSON: () => 1 }],
  ]

  for (const [name, value] of values) {
    it(`refuses ${name} as a document, as a member and as an item`, () => {
      const inside = name === 'an object with toJSON' ? '/toJSON' : ''
      assert.throws(() => canonicalize(value), refusedAt(inside))
      assert.throws(() => canonicalize({ z: 0, a: value }), refusedAt(`/a${inside}`))
      assert.throws(() => canonicalize({ a: [0, { b: [value] }] }), refusedAt(`/a/1/b/0${inside}`))
    })
  }

  it('refuses a hole in an array', () => {
    assert.throws(() => canonicalize({ a: unsized }), refusedAt('/a/1'))
    assert.throws(() => canonicalize(Array.from({ length: 3 })), refusedAt('/0'))
  })

  it('refuses a cycle, by its depth', () => {
    assert.throws(
      () => canonicalize(cycle),
      refusedAt('/self'.repeat(MAX_DEPTH).slice(0, 256) + '…'),
    )
  })

  it('says in one sentence what is wrong, where, and what to do', () => {
    assert.throws(() => canonicalize({ shards: [{ rank: NaN }] }), {
      message: 'JSON cannot hold NaN, which is at pointer "/shards/0/rank"; send null or a string.',
    })
  })

  it('keeps a message short and well-formed whatever the names are', () => {
    const name = '\ud800'.repeat(10_000)
    try {
      canonicalize({ [name]: 1 })
      assert.fail('was accepted')
    } catch (error) {
      assert.ok(error instanceof Error && error.message.isWellFormed())
      assert.ok(error.message.length < 2_000)
    }
  })
})
