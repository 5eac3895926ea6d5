import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeBase64,
  encodeBase64,
  encodeBase64Portable,
  parseHashLine,
} from '../../schema/transparency/base64.ts'
import { assertRefused, foreignText, valueOf } from './note-samples.ts'

describe('standard base64', () => {
  it('agrees with the vectors of RFC 4648 both ways', () => {
    const encoded = ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy']
    for (const [length, text] of encoded.entries()) {
      const bytes = Buffer.from('foobar').subarray(0, length)
      assert.equal(encodeBase64(bytes), text)
      assert.equal(encodeBase64Portable(bytes), text)
      assert.deepEqual(Buffer.from(decodeBase64(text) ?? [1]), bytes)
    }
  })

  it('writes what Node writes, and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64(bytes)
        assert.equal(text, Buffer.from(bytes).toString('base64'))
        assert.equal(encodeBase64Portable(bytes), text)
        assert.deepEqual(decodeBase64(text), bytes)
      }),
    )
  })

  it('reads only what it would write itself', () => {
    fc.assert(
      fc.property(foreignText('Zm9vYg=='), (text) => {
        const bytes = decodeBase64(text)
        if (bytes !== undefined) assert.equal(encodeBase64(bytes), text)
      }),
      { numRuns: 2_000 },
    )
  })

  for (const [text, what] of [
    ['Zh==', 'bits that belong to no byte'],
    ['Zm9=', 'bits that belong to no byte after two'],
    ['Zg', 'no padding'],
    ['Zg=', 'half of its padding'],
    ['Zm9v====', 'padding that pads nothing'],
    ['====', 'padding only'],
    ['=', 'a lone padding'],
    ['Zg==Zg==', 'padding inside'],
    ['Zm9v\n', 'a newline'],
    ['Zm 9', 'a space'],
    ['Zm9-', 'the alphabet of URLs'],
    ['Zm9\u0119', 'a character beyond ASCII'],
  ] as const) {
    it(`refuses ${what}`, () => assert.equal(decodeBase64(text), undefined))
  }
})

describe('a hash line', () => {
  it('is the base64 of 32 bytes and of no other number', () => {
    const hash = new Uint8Array(32).fill(7)
    assert.deepEqual(valueOf(parseHashLine(encodeBase64(hash), 'line 3')), hash)
    for (const length of [0, 31, 33]) {
      assertRefused(
        parseHashLine(encodeBase64(new Uint8Array(length)), 'line 3'),
        'hash-malformed',
        `${length}`,
      )
    }
  })
})
