import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalize, MAX_DEPTH, parseJsonStrictly } from '../../schema/canonical-json.ts'
import { isCatalogError } from '../../schema/errors.ts'
import refused from '../vectors/canonical-json/refused-texts.json' with { type: 'json' }

const readable = (text: string, read: (text: string) => unknown) => {
  try {
    return { value: read(text) }
  } catch {
    return undefined
  }
}

describe('reading JSON strictly', () => {
  for (const { name, text, position } of refused) {
    it(`refuses the text in the vector and says where: ${name}`, () => {
      assert.throws(
        () => parseJsonStrictly(text),
        (error: unknown) => {
          assert.ok(isCatalogError(error) && error.message.isWellFormed())
          assert.equal(error.code, 'MALFORMED_JSON')
          assert.equal(error.detail['position'], position)
          assert.match(error.message, new RegExp(`at position ${position}; `))
          return true
        },
      )
    })
  }

  it('reads whatever JSON.stringify writes, as JSON.parse does', () => {
    const value = fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' })
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, '\t', '\r\n '), (json, indent) => {
        const text = JSON.stringify(json, null, indent)
        assert.deepEqual(parseJsonStrictly(text), JSON.parse(text))
      }),
    )
  })

  it('accepts no text that JSON.parse refuses, and reads the rest as it does', () => {
    const marks = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\u0041', '\\n', '/']
    const spaces = [' ', '\n', '\t', '\u00a0']
    const digits = ['0', '1', '9', '-', '+', '.', 'e', 'E']
    const values = ['true', 'false', 'null', 'NaN', '"a"', '"b":', 'é']
    const pieces = fc.constantFrom(...marks, ...spaces, ...digits, ...values)
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
        const text = parts.join('')
        const strict = readable(text, parseJsonStrictly)
        const lenient = readable(text, JSON.parse)
        // A name twice is the one thing of these pieces that only the strict reader refuses.
        if (strict !== undefined || !/"b":.*"b":|"a".*"a"/s.test(text)) {
          assert.deepEqual(strict, lenient)
        }
      }),
      { numRuns: 5_000 },
    )
  })

  it('refuses or reads the same after any one character of a document is lost, doubled or swapped', () => {
    const text = '{"a":[1,-2.5e+3,true,null,{"b\\u00e9":"x\\n"}],"c":{},"d":""}'
    for (let at = 0; at < text.length; at += 1) {
      for (const put of ['', text.charAt(at).repeat(2), ' ', '0', '"', '\\', ']', '}', ',']) {
        const altered = text.slice(0, at) + put + text.slice(at + 1)
        const strict = readable(altered, parseJsonStrictly)
        const lenient = readable(altered, JSON.parse)
        // Only losing the difference between two names may set them apart.
        if (strict !== undefined || lenient === undefined) assert.deepEqual(strict, lenient)
        else assert.equal(altered.split('"a"').length + altered.split('"c"').length, 5, altered)
      }
    }
  })

  it('reads every double that was printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.ok(Object.is(parseJsonStrictly(`${value}`), JSON.parse(`${value}`)))
      }),
    )
  })

  it('reads integers of every length as JSON.parse does', () => {
    for (let digits = 1; digits <= 308; digits += 1) {
      const text = '1234567890'.repeat(31).slice(0, digits)
      assert.equal(parseJsonStrictly(text), Number(text))
      assert.equal(parseJsonStrictly(`-${text}`), -Number(text))
    }
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), (integer) => {
        assert.equal(parseJsonStrictly(`${integer}`), Number(integer))
      }),
      { numRuns: 1_000 },
    )
    assert.ok(Object.is(parseJsonStrictly('-0'), -0))
  })

  it('makes __proto__ a member of its own, and no prototype', () => {
    const object = parseJsonStrictly('{"__proto__":{"admin":true},"constructor":1}')
    assert.ok(typeof object === 'object' && object !== null)
    assert.equal(Object.getPrototypeOf(object), Object.prototype)
    assert.deepEqual(Object.keys(object), ['__proto__', 'constructor'])
    assert.equal('admin' in object, false)
    assert.equal(canonicalize(object), '{"__proto__":{"admin":true},"constructor":1}')
  })

  it('refuses deep nesting without running out of stack', () => {
    const text = '[{"a":'.repeat(500_000)
    assert.throws(() => parseJsonStrictly(text), { detail: { position: (MAX_DEPTH / 2) * 6 } })
  })

  it('takes time linear in the text, for texts made to be slow', { timeout: 20_000 }, () => {
    const count = 200_000
    const members = Array.from({ length: count }, (_, index) => `"k${index}":${index}`)
    const object = parseJsonStrictly(`{${members.join()}}`)
    assert.equal(Object.keys(object ?? {}).length, count)
    assert.equal(parseJsonStrictly(`"${'\\\\'.repeat(count)}"`), '\\'.repeat(count))
    assert.equal(parseJsonStrictly(`"${'\\u0041\\"'.repeat(count)}"`), 'A"'.repeat(count))
    assert.equal(parseJsonStrictly(`0.${'0'.repeat(count)}1`), 0)
    assert.throws(() => parseJsonStrictly('9'.repeat(count)), { code: 'MALFORMED_JSON' })
    assert.throws(() => parseJsonStrictly(`[${' '.repeat(count)}`), { code: 'MALFORMED_JSON' })
  })

  it('says in one sentence what is wrong, where, and what to do', () => {
    const messageOf = (text: string) => {
      try {
        return parseJsonStrictly(text)
      } catch (error) {
        return error instanceof Error ? error.message : error
      }
    }
    assert.equal(
      messageOf('{"step":1,"step":2}'),
      'The JSON text has the name "step" for the second time at position 10; an object has each name once.',
    )
    assert.equal(
      messageOf('[1,2'),
      'The JSON text has its end at position 4; a comma or "]" belongs there.',
    )
    assert.equal(
      messageOf('[1 😀]'),
      'The JSON text has "😀" at position 3; a comma or "]" belongs there.',
    )
  })
})
