import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isCatalogError } from '../../schema/errors.ts'
import { formatSignedNote, MAX_NOTE_BYTES } from '../../schema/transparency/signed-note.ts'
import { formatTreeHead } from '../../schema/transparency/tree-head.ts'
import {
  formatWitnessRequest,
  MAX_WITNESS_PROOF_HASHES,
  MAX_WITNESS_REQUEST_BYTES,
  parseWitnessRequest,
} from '../../schema/transparency/witness-request.ts'
import { assertRefused, example, foreignText, valueOf } from './note-samples.ts'

const signedHead = `${example.text}\n${example.logLine}`
const proofLines = [
  'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=',
  'jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=',
  '5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=',
  '/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=',
]
const proof = proofLines.map((line) => `${line}\n`).join('')
const exampleBody = `old 20852014\n${proof}\n${signedHead}`

describe('a request to a witness', () => {
  it('is read as the specification’s example says, and written back, from text as from bytes', () => {
    for (const input of [exampleBody, Buffer.from(exampleBody)]) {
      const request = valueOf(parseWitnessRequest(input))
      assert.equal(request.oldSize, 20_852_014)
      assert.deepEqual(
        request.proof.map((hash) => Buffer.from(hash).toString('base64')),
        proofLines,
      )
      assert.equal(request.head.size, 20_852_163)
      assert.equal(formatSignedNote(request.note), signedHead)
      assert.equal(formatWitnessRequest(request), exampleBody)
    }
  })

  it('may have no proof, and the size that the witness has', () => {
    for (const size of [0, 20_852_163]) {
      const request = valueOf(parseWitnessRequest(`old ${size}\n\n${signedHead}`))
      assert.deepEqual([request.oldSize, request.proof], [size, []])
    }
  })

  const malformed = [
    ['request-malformed', 'nothing', ''],
    ['request-malformed', 'no old size', `${proof}\n${signedHead}`],
    ['request-malformed', 'no space after "old"', `old\n\n${signedHead}`],
    ['request-malformed', 'capitals', `Old 1\n\n${signedHead}`],
    ['request-malformed', 'no empty line before its tree head', 'old 1\n'],
    [
      'request-malformed',
      'a larger old size than that of its head',
      `old 20852164\n\n${signedHead}`,
    ],
    ['request-malformed', '64 hashes', `old 1\n${`${proofLines[0]}\n`.repeat(64)}\n${signedHead}`],
    ['size-malformed', 'an old size with a leading zero', `old 01\n\n${signedHead}`],
    ['size-malformed', 'two spaces after "old"', `old  1\n\n${signedHead}`],
    ['size-malformed', 'an empty old size', `old \n\n${signedHead}`],
    ['size-out-of-range', 'an old size of 2^53', `old 9007199254740992\n\n${signedHead}`],
    [
      'hash-malformed',
      'a hash of 31 bytes',
      `old 1\n${Buffer.alloc(31).toString('base64')}\n\n${signedHead}`,
    ],
    ['hash-malformed', 'a carriage return', `old 1\n${proofLines[0]}\r\n\n${signedHead}`],
    ['note-malformed', 'a head that nobody signed', `old 1\n\n${example.text}`],
    ['tree-head-malformed', 'a note that is no tree head', `old 1\n\nhello\n\n${example.logLine}`],
    ['not-utf8', 'a lone surrogate', `old 1\n\n\ud800${signedHead}`],
    ['too-large', 'more than its bound', `old 1\n${'a'.repeat(MAX_WITNESS_REQUEST_BYTES)}`],
  ] as const
  for (const [code, what, body] of malformed) {
    it(`is none with ${what}`, () => assertRefused(parseWitnessRequest(body), code))
  }

  it('is read back as it was written, up to the longest proof', () => {
    const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const proofs = fc.array(hashes, { maxLength: MAX_WITNESS_PROOF_HASHES })
    const signature = { keyName: 'log.example', keyId: 1, signature: new Uint8Array(64) }
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), proofs, hashes, (one, other, path, root) => {
        const [oldSize, size] = [Math.min(one, other), Math.max(one, other)]
        const text = formatTreeHead({ origin: 'log.example', size, root })
        const request = { oldSize, proof: path, note: { text, signatures: [signature] } }
        const { head, ...rest } = valueOf(parseWitnessRequest(formatWitnessRequest(request)))
        assert.deepEqual(rest, request)
        assert.equal(head.size, size)
      }),
      { numRuns: 50 },
    )
  })

  it('leaves room for the longest note behind the longest proof', () => {
    const longest = `old 9007199254740991\n${`${proofLines[0]}\n`.repeat(MAX_WITNESS_PROOF_HASHES)}\n`
    assert.ok(longest.length + MAX_NOTE_BYTES <= MAX_WITNESS_REQUEST_BYTES)
  })

  it('never throws on what it reads, and writes back whatever it accepts', () => {
    fc.assert(
      fc.property(foreignText(exampleBody), (body) => {
        const parsed = parseWitnessRequest(body)
        if (parsed.ok) assert.equal(formatWitnessRequest(parsed.value), body)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is not written with a broken size, a short hash or too long a proof', () => {
    const { note } = valueOf(parseWitnessRequest(exampleBody))
    const hash = new Uint8Array(32)
    for (const [code, oldSize, path] of [
      ['LOG_INDEX_OUT_OF_RANGE', -1, []],
      ['INVALID_DIGEST', 1, [new Uint8Array(31)]],
      ['BATCH_TOO_LARGE', 1, Array.from({ length: 64 }, () => hash)],
    ] as const) {
      assert.throws(
        () => formatWitnessRequest({ oldSize, proof: path, note }),
        (error) => isCatalogError(error) && error.code === code,
      )
    }
  })
})
