import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyEd25519 } from '../../schema/transparency/ed25519.ts'
import { sigsum } from './note-samples.ts'

const claim = {
  publicKey: sigsum.logKey,
  message: new TextEncoder().encode(sigsum.text),
  signature: sigsum.logSignature,
}

describe('checking an Ed25519 signature', () => {
  it('accepts what a public log has signed', async () => {
    assert.equal(await verifyEd25519(claim), 'valid')
  })

  it('refuses another message, signature or key, and those of any other length', async () => {
    for (const change of [
      { message: claim.message.subarray(1) },
      { signature: claim.signature.with(0, 0) },
      { signature: claim.signature.subarray(1) },
      { signature: new Uint8Array(0) },
      { publicKey: sigsum.glasklarKey },
      { publicKey: claim.publicKey.subarray(1) },
      { publicKey: new Uint8Array(32).fill(0xff) },
    ]) {
      assert.equal(await verifyEd25519({ ...claim, ...change }), 'invalid')
    }
  })

  it('says so where the platform has no WebCrypto', async (t) => {
    const platform = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
    assert.ok(platform)
    t.after(() => Object.defineProperty(globalThis, 'crypto', platform))
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true })
    assert.equal(await verifyEd25519(claim), 'unavailable')
  })
})
