import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isCatalogError } from '../../schema/errors.ts'
import {
  checkCosignature,
  cosignatureMessage,
  formatCosignature,
  parseCosignature,
} from '../../schema/transparency/cosignature.ts'
import { parseSignatureLine } from '../../schema/transparency/signed-note.ts'
import { assertRefused, example, sigsum, valueOf } from './note-samples.ts'

const { text, timeSeconds } = sigsum

describe('a cosignature', () => {
  it('covers the header, the time and the whole tree head', () => {
    assert.equal(
      Buffer.from(cosignatureMessage(example.text, 1_679_315_147)).toString(),
      `cosignature/v1\ntime 1679315147\n${example.text}`,
    )
  })

  it('has the time of the specification’s example', () => {
    const line = valueOf(parseSignatureLine(example.witnessLine.slice(0, -1), 'signature 2'))
    assert.equal(valueOf(parseCosignature(line.signature)).timeSeconds, 1_679_315_147)
  })

  it('of two public witnesses is valid over the head that they saw, and over nothing else', async () => {
    for (const [key, signature] of [
      [sigsum.glasklarKey, sigsum.glasklarSignature],
      [sigsum.mullvadKey, sigsum.mullvadSignature],
    ] as const) {
      const payload = formatCosignature({ timeSeconds, signature })
      const later = formatCosignature({ timeSeconds: timeSeconds + 1, signature })
      assert.equal(await checkCosignature(text, payload, key), 'valid')
      assert.equal(await checkCosignature(text, later, key), 'invalid')
      assert.equal(await checkCosignature(`${text}extension\n`, payload, key), 'invalid')
      assert.equal(await checkCosignature(text, payload, sigsum.logKey), 'invalid')
      assert.equal(await checkCosignature(text, payload.subarray(1), key), 'invalid')
    }
  })

  it('is read back as it was written', () => {
    const signatures = fc.uint8Array({ minLength: 64, maxLength: 64 })
    fc.assert(
      fc.property(fc.maxSafeNat(), signatures, (time, signature) => {
        const cosignature = { timeSeconds: time, signature }
        assert.deepEqual(valueOf(parseCosignature(formatCosignature(cosignature))), cosignature)
      }),
    )
  })

  it('has 72 bytes and a time up to 2^53 - 1', () => {
    for (const length of [0, 8, 64, 71, 73]) {
      assertRefused(parseCosignature(new Uint8Array(length)), 'cosignature-malformed')
    }
    const largest = Buffer.alloc(72)
    largest.writeBigUInt64BE(2n ** 53n - 1n)
    assert.equal(valueOf(parseCosignature(largest)).timeSeconds, Number.MAX_SAFE_INTEGER)
    for (const time of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      largest.writeBigUInt64BE(time)
      assertRefused(parseCosignature(largest), 'cosignature-malformed')
    }
  })

  it('is not written for half a second, a time before the epoch, or a signature cut short', () => {
    const signature = new Uint8Array(64)
    const isInvalid = (error: unknown) => isCatalogError(error) && error.code === 'INVALID_REQUEST'
    for (const time of [0.5, -1, Number.NaN, 2 ** 53]) {
      assert.throws(() => formatCosignature({ timeSeconds: time, signature }), isInvalid)
      assert.throws(() => cosignatureMessage(text, time), isInvalid)
    }
    const short = { timeSeconds: 1, signature: signature.subarray(1) }
    assert.throws(() => formatCosignature(short), isInvalid)
  })
})
