import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseUtf8 } from '../../schema/transparency/utf8.ts'
import { assertRefused, valueOf } from './note-samples.ts'

describe('text from its UTF-8 bytes', () => {
  it('is the same from text and from bytes, a byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const marked = `\ufeff${text}`
        assert.equal(valueOf(parseUtf8(marked, 10_000, 'note')), marked)
        assert.equal(valueOf(parseUtf8(Buffer.from(marked), 10_000, 'note')), marked)
      }),
    )
  })

  it('is refused if the bytes are not UTF-8 or the text has none', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x80]]) {
      assertRefused(parseUtf8(Uint8Array.from(bytes), 10, 'note'), 'not-utf8')
    }
    assertRefused(parseUtf8('a\ud800', 10, 'note'), 'not-utf8')
  })

  it('is refused above its bound in bytes, not characters', () => {
    assert.equal(valueOf(parseUtf8('éé', 4, 'note')), 'éé')
    for (const input of ['ééé', 'aaaaa', Buffer.from('aaaaa')]) {
      assertRefused(parseUtf8(input, 4, 'note'), 'too-large')
    }
  })
})
