import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isCatalogError } from '../../schema/errors.ts'
import {
  formatSignatureLine,
  formatSignedNote,
  MAX_NOTE_BYTES,
  MAX_NOTE_SIGNATURES,
  parseSignatureLine,
  parseSignedNote,
} from '../../schema/transparency/signed-note.ts'
import {
  assertRefused,
  c2sp,
  example,
  foreignText,
  go,
  keyNames,
  signatureBy,
  signerOf,
  valueOf,
} from './note-samples.ts'

const { text, peterLine, enochLine } = go

describe('a signed note', () => {
  it('has a text and signatures, from text as from bytes', () => {
    for (const input of [
      `${text}\n${peterLine}${enochLine}`,
      Buffer.from(`${text}\n${peterLine}`),
    ]) {
      const note = valueOf(parseSignedNote(input))
      assert.equal(note.text, text)
      assert.equal(note.signatures[0]?.keyName, 'PeterNeumann')
      assert.equal(note.signatures[0]?.keyId, 0xc74f20a3)
      assert.equal(note.signatures[0]?.signature.length, 64)
    }
    const cosigned = valueOf(
      parseSignedNote(`${example.text}\n${example.logLine}${example.witnessLine}`),
    )
    assert.deepEqual(
      cosigned.signatures.map(({ signature }) => signature.length),
      [64, 72],
    )
  })

  it('is written byte for byte as Go writes it', () => {
    const signature = signatureBy(signerOf('ed25519', 'PeterNeumann', go.peterSeed), text)
    assert.equal(formatSignedNote({ text, signatures: [signature] }), `${text}\n${peterLine}`)
  })

  it('is split at its last empty line', () => {
    for (const body of ['a\n\nb\n', 'a\n\n', '\n', `a\n\n${peterLine}`]) {
      assert.equal(valueOf(parseSignedNote(`${body}\n${peterLine}`)).text, body)
    }
  })

  const malformed: readonly (readonly [string, string])[] = [
    ['no signatures', text],
    ['an empty line and no signatures', `${text}\n`],
    ['no newline at its end', `${text}\n${peterLine.slice(0, -1)}`],
    ['a control character', `\u0001${text}\n${peterLine}`],
    ['a carriage return', `${text}\n${peterLine.replace('\n', '\r\n')}`],
    ['a tab', `\t${text}\n${peterLine}`],
    ['a key name with a space', `${text}\n${peterLine.replace('PeterNeumann', 'Bad Name')}`],
    ['a key name with a no-break space', `${text}\n${peterLine.replace('Neumann', '\u00a0')}`],
    ['a key name with a plus', `${text}\n${peterLine.replace('Neumann', '+')}`],
    ['an empty key name', `${text}\n${peterLine.replace('PeterNeumann', '')}`],
    ['a line after the signatures', `${text}\n${peterLine}Unexpected line.\n`],
    ['a hyphen for the em dash', `${text}\n${peterLine.replace('—', '-')}`],
    ['two spaces', `${text}\n${peterLine.replace('— ', '—  ')}`],
    ['a space after a signature', `${text}\n${peterLine.replace('=\n', '= \n')}`],
    ['base64 without padding', `${text}\n${peterLine.replace('=\n', '\n')}`],
    ['a signature of a key id only', `${text}\n— PeterNeumann x08gow==\n`],
    ['a signature of less than a key id', `${text}\n— PeterNeumann x08g\n`],
    ['no text at all', `\n${peterLine}`],
    ['nothing', ''],
    ['a newline only', '\n'],
  ]
  for (const [what, note] of malformed) {
    it(`is none with ${what}`, () => assertRefused(parseSignedNote(note), 'note-malformed'))
  }

  it('is none unless it is UTF-8', () => {
    const bytes = Buffer.from(`${text}\n${peterLine}`)
    assertRefused(parseSignedNote(Buffer.concat([Buffer.of(0xff), bytes])), 'not-utf8')
  })

  it('may have as many signatures as Go takes, and no more', () => {
    const signed = (count: number) => parseSignedNote(`${text}\n${peterLine.repeat(count)}`)
    assert.equal(valueOf(signed(MAX_NOTE_SIGNATURES)).signatures.length, MAX_NOTE_SIGNATURES)
    assertRefused(signed(MAX_NOTE_SIGNATURES + 1), 'note-malformed')
  })

  it('may have 16 signatures of 5 kB, and not be longer than its bound', () => {
    const large = { keyName: 'pq.example', keyId: 1, signature: new Uint8Array(5_000) }
    const note = { text, signatures: Array.from({ length: 16 }, () => large) }
    assert.deepEqual(valueOf(parseSignedNote(formatSignedNote(note))), note)
    const long = `${'a'.repeat(MAX_NOTE_BYTES)}\n\n${peterLine}`
    assertRefused(parseSignedNote(long), 'too-large')
    assertRefused(parseSignedNote(Buffer.from(long)), 'too-large')
  })

  it('is read back as it was written', () => {
    const lines = fc
      .string({ unit: 'grapheme' })
      .filter((line) => line.isWellFormed() && !/[\u0000-\u001f]/.test(line))
    const signatures = fc.record(
      {
        keyName: keyNames,
        keyId: fc.nat(0xffff_ffff),
        signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      },
      { noNullPrototype: true },
    )
    const notes = fc.record(
      {
        text: fc.array(lines, { minLength: 1 }).map((all) => `${all.join('\n')}\n`),
        signatures: fc.array(signatures, { minLength: 1, maxLength: 5 }),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(notes, (note) => {
        assert.deepEqual(valueOf(parseSignedNote(formatSignedNote(note))), note)
      }),
    )
  })

  it('never throws on what it reads, and writes back whatever it accepts', () => {
    fc.assert(
      fc.property(foreignText(c2sp.note), (input) => {
        const parsed = parseSignedNote(input)
        if (parsed.ok) assert.equal(formatSignedNote(parsed.value), input)
      }),
      { numRuns: 3_000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const parsed = parseSignedNote(bytes)
        if (!parsed.ok) assert.ok(parsed.findings.length > 0)
      }),
    )
  })

  it('is not written if it could not be read', () => {
    const signature = signatureBy(signerOf('ed25519', 'PeterNeumann', go.peterSeed), text)
    const isInvalid = (error: unknown) => isCatalogError(error) && error.code === 'INVALID_REQUEST'
    for (const bad of ['', 'no newline', 'a\tb\n', '\ud800\n']) {
      assert.throws(() => formatSignedNote({ text: bad, signatures: [signature] }), isInvalid)
    }
    assert.throws(() => formatSignedNote({ text, signatures: [] }), isInvalid)
  })
})

describe('a signature line', () => {
  it('is read back as it was written', () => {
    const signature = valueOf(parseSignatureLine(peterLine.slice(0, -1), 'signature 1'))
    assert.equal(formatSignatureLine(signature), peterLine)
  })

  it('is not written for a name that would break out of it', () => {
    for (const keyName of ['', 'a b', 'a\n— b', 'a+b']) {
      assert.throws(
        () => formatSignatureLine({ keyName, keyId: 1, signature: new Uint8Array(64) }),
        (error) => isCatalogError(error) && error.code === 'INVALID_NAME',
      )
    }
  })
})
