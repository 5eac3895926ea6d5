import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isCatalogError } from '../../schema/errors.ts'
import {
  formatVerifierKey,
  isKeyName,
  keyIdOf,
  parseVerifierKey,
  sameVerifierKey,
  verifierKeyOf,
} from '../../schema/transparency/verifier-key.ts'
import { assertRefused, c2sp, foreignText, go, keyNames, valueOf } from './note-samples.ts'

/** Whether a text is a verifier key whose signatures would be believed. */
const isTrusted = (text: string): boolean => {
  const parsed = parseVerifierKey(text)
  return parsed.ok && parsed.value.kind !== 'unsupported'
}

describe('a verifier key', () => {
  it('reads the keys of Go and of the specification, and writes them back', () => {
    for (const text of [go.peterKey, go.enochKey, c2sp.key]) {
      const key = valueOf(parseVerifierKey(text))
      assert.equal(key.kind, 'ed25519')
      assert.equal(formatVerifierKey(key), text)
      assert.equal(keyIdOf(key.name, 0x01, key.publicKey), key.keyId)
      assert.ok(sameVerifierKey(key, verifierKeyOf('ed25519', key.name, key.publicKey)))
    }
  })

  it('is none if any part of it is missing or any character is another', () => {
    const text = go.peterKey
    for (let from = 0; from < text.length; from += 1) {
      for (let to = from + 1; to <= text.length; to += 1) {
        if (to - from < text.length) assert.ok(!isTrusted(text.slice(from, to)), `${from} to ${to}`)
      }
      const next = String.fromCharCode(text.charCodeAt(from) + 1)
      assert.ok(!isTrusted(text.slice(0, from) + next + text.slice(from + 1)), `character ${from}`)
    }
  })

  it('has 32 bytes of public key, even if its id fits others', () => {
    const text = 'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=='
    assertRefused(parseVerifierKey(text), 'verifier-key-malformed')
  })

  it('of a type that is not checked here is kept as it is, and unsupported', () => {
    const text = 'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
    const key = valueOf(parseVerifierKey(text))
    assert.deepEqual([key.kind, key.type], ['unsupported', 0x65])
    assert.equal(formatVerifierKey(key), text)
  })

  it('has another id for another type', () => {
    const publicKey = new Uint8Array(32)
    const note = verifierKeyOf('ed25519', 'w.example', publicKey)
    const witness = verifierKeyOf('cosignature', 'w.example', publicKey)
    assert.notEqual(note.keyId, witness.keyId)
    assert.ok(!sameVerifierKey(note, witness))
  })

  it('is read back as it was written', () => {
    const kinds = fc.constantFrom('ed25519', 'cosignature')
    const publicKeys = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(kinds, keyNames, publicKeys, (kind, name, publicKey) => {
        const key = verifierKeyOf(kind, name, publicKey)
        assert.deepEqual(valueOf(parseVerifierKey(formatVerifierKey(key))), key)
      }),
    )
  })

  it('never throws, and writes back whatever it accepts', () => {
    fc.assert(
      fc.property(foreignText(go.peterKey), (text) => {
        const parsed = parseVerifierKey(text)
        if (parsed.ok) assert.equal(formatVerifierKey(parsed.value), text)
      }),
      { numRuns: 2_000 },
    )
    assertRefused(parseVerifierKey('a'.repeat(10_000)), 'too-large')
  })

  it('is not made of a name that is none, nor of a key that is cut short', () => {
    assert.throws(
      () => verifierKeyOf('ed25519', 'a b', new Uint8Array(32)),
      (error) => isCatalogError(error) && error.code === 'INVALID_NAME',
    )
    assert.throws(
      () => verifierKeyOf('ed25519', 'a', new Uint8Array(31)),
      (error) => isCatalogError(error) && error.code === 'INVALID_REQUEST',
    )
  })
})

describe('the name of a key', () => {
  it('is not empty and has no plus, Unicode space, control character or lone surrogate', () => {
    const bad = [
      '+',
      ' ',
      '\u0085',
      '\u00a0',
      '\u2003',
      '\u2028',
      '\u3000',
      '\n',
      '\u0001',
      '\ud800',
    ]
    assert.ok(!isKeyName(''))
    for (const character of bad) {
      assert.ok(!isKeyName(`a${character}b`), JSON.stringify(character))
    }
    for (const name of ['example.com/foo', 'sum.golang.org', 'é', '—', 'oid/1.2.3']) {
      assert.ok(isKeyName(name), name)
    }
  })
})
