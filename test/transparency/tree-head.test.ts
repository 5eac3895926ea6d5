import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isCatalogError } from '../../schema/errors.ts'
import { formatTreeHead, parseTreeHead } from '../../schema/transparency/tree-head.ts'
import { assertRefused, example, foreignText, sigsum, valueOf } from './note-samples.ts'

const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='

describe('a tree head', () => {
  it('has the origin, size and root of the specification’s example and of a public log', () => {
    const head = valueOf(parseTreeHead(example.text))
    assert.equal(head.origin, 'example.com/behind-the-sofa')
    assert.equal(head.size, 20_852_163)
    assert.equal(Buffer.from(head.root).toString('base64'), root)
    assert.deepEqual(head.extensions, [])
    for (const text of [example.text, sigsum.text]) {
      assert.equal(formatTreeHead(valueOf(parseTreeHead(text))), text)
    }
  })

  it('keeps extension lines as they are', () => {
    const head = valueOf(parseTreeHead(`${example.text}one\n time 2 \n`))
    assert.deepEqual(head.extensions, ['one', ' time 2 '])
  })

  it('may have any origin of one line, and be of an empty log', () => {
    const head = valueOf(parseTreeHead(`My log + “others”\n0\n${root}\n`))
    assert.deepEqual([head.origin, head.size], ['My log + “others”', 0])
  })

  const malformed = [
    ['tree-head-malformed', 'nothing', ''],
    ['tree-head-malformed', 'a newline only', '\n'],
    ['tree-head-malformed', 'no root', 'log\n5\n'],
    ['tree-head-malformed', 'no newline at its end', `log\n5\n${root}`],
    ['tree-head-malformed', 'no origin', `\n5\n${root}\n`],
    ['tree-head-malformed', 'an empty extension line', `log\n5\n${root}\n\n`],
    ['tree-head-malformed', 'an empty line between extensions', `log\n5\n${root}\na\n\nb\n`],
    ['tree-head-malformed', 'a carriage return in its origin', `log\r\n5\n${root}\n`],
    ['tree-head-malformed', 'a control character in an extension', `log\n5\n${root}\na\tb\n`],
    ['size-malformed', 'a leading zero', `log\n05\n${root}\n`],
    ['size-malformed', 'a negative size', `log\n-5\n${root}\n`],
    ['size-malformed', 'a space after its size', `log\n5 \n${root}\n`],
    ['size-out-of-range', 'a size of 2^53', `log\n9007199254740992\n${root}\n`],
    ['size-out-of-range', 'a size of 2^64 - 1', `log\n18446744073709551615\n${root}\n`],
    ['hash-malformed', 'a root of 31 bytes', `log\n5\n${Buffer.alloc(31).toString('base64')}\n`],
    ['hash-malformed', 'a root of 33 bytes', `log\n5\n${Buffer.alloc(33).toString('base64')}\n`],
    ['hash-malformed', 'a root without padding', `log\n5\n${root.slice(0, -1)}\n`],
    ['hash-malformed', 'a root with a stray bit', `log\n5\n${root.replace('2I=', '2J=')}\n`],
    ['not-utf8', 'a lone surrogate', `log\ud800\n5\n${root}\n`],
    ['too-large', 'endless extensions', `log\n5\n${root}\n${'a\n'.repeat(200_000)}`],
  ] as const
  for (const [code, what, text] of malformed) {
    it(`is none with ${what}`, () => assertRefused(parseTreeHead(text), code))
  }

  it('is read back as it was written', () => {
    const heads = fc.record({
      origin: fc
        .string({ unit: 'grapheme', minLength: 1 })
        .filter((text) => text.isWellFormed() && !/[\u0000-\u001f]/.test(text)),
      size: fc.maxSafeNat(),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    })
    fc.assert(
      fc.property(heads, (head) => {
        assert.deepEqual(valueOf(parseTreeHead(formatTreeHead(head))), { ...head, extensions: [] })
      }),
    )
  })

  it('never throws on what it reads, and writes back whatever it accepts without extensions', () => {
    fc.assert(
      fc.property(foreignText(example.text), (text) => {
        const parsed = parseTreeHead(text)
        if (!parsed.ok) return
        const extensions = parsed.value.extensions.map((line) => `${line}\n`).join('')
        assert.equal(formatTreeHead(parsed.value) + extensions, text)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is not written with an origin of two lines, a broken size or a short root', () => {
    const head = { origin: 'log', size: 1, root: new Uint8Array(32) }
    for (const [code, change] of [
      ['INVALID_NAME', { origin: '' }],
      ['INVALID_NAME', { origin: 'log\n7' }],
      ['LOG_INDEX_OUT_OF_RANGE', { size: -1 }],
      ['LOG_INDEX_OUT_OF_RANGE', { size: 1.5 }],
      ['INVALID_DIGEST', { root: new Uint8Array(31) }],
    ] as const) {
      assert.throws(
        () => formatTreeHead({ ...head, ...change }),
        (error) => isCatalogError(error) && error.code === code,
      )
    }
  })
})
