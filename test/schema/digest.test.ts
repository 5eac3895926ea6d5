import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import process from 'node:process'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import * as native from '../../schema/digest.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { sha256Portable } from '../../schema/sha256.ts'

const oneMillionBytes = 1_000_000
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const patterned = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7) % 251)

describe('the portable SHA-256', () => {
  it('agrees with OpenSSL on every length from 0 to 300 bytes, so on each side of each block', () => {
    for (let length = 0; length <= 300; length += 1) {
      const bytes = patterned(length)
      assert.equal(hex(sha256Portable(bytes)), hash('sha256', bytes), `${length} bytes`)
    }
  })

  it('agrees with OpenSSL on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        assert.equal(hex(sha256Portable(bytes)), hash('sha256', bytes))
      }),
    )
  })

  it('reads a view at an offset, and only that', () => {
    const bytes = patterned(400)
    for (const [from, to] of [
      [1, 65],
      [3, 130],
      [63, 64],
      [200, 400],
    ] as const) {
      const view = bytes.subarray(from, to)
      assert.equal(hex(sha256Portable(view)), hash('sha256', view))
    }
  })

  it('gives the published hashes of abc and of a million letters a', () => {
    assert.equal(
      hex(sha256Portable(new TextEncoder().encode('abc'))),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    assert.equal(
      hex(sha256Portable(new Uint8Array(oneMillionBytes).fill(0x61))),
      'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
    )
  })
})

const digestTests = (digests: () => typeof native) => () => {
  const text = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

  it('is sha256 and the hash of exactly the bytes', () => {
    assert.equal(digests().digestOf(new TextEncoder().encode('abc')), text)
    assert.equal(
      digests().digestOf(new Uint8Array()),
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })

  it('takes a text as its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (content) => {
        const { digestOf } = digests()
        assert.equal(digestOf(content), digestOf(new TextEncoder().encode(content)))
        assert.equal(digestOf(content), `sha256:${hash('sha256', content)}`)
      }),
    )
  })

  it('refuses a text with a lone surrogate, which would get the digest of another text', () => {
    assert.throws(() => digests().digestOf('a\ud800'), { code: 'NOT_CANONICAL' })
  })

  it('takes a Buffer or a view as the bytes that it shows', () => {
    const { digestOf } = digests()
    assert.equal(digestOf(Buffer.from('xabcx').subarray(1, 4)), text)
  })

  it('hashes to 32 plain bytes that the caller owns', () => {
    const bytes = digests().sha256(new TextEncoder().encode('abc'))
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype)
    assert.equal(bytes.buffer.byteLength, 32)
    assert.equal(`sha256:${hex(bytes)}`, text)
  })

  it('goes to bytes and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const { digestFromBytes } = digests()
        const digest = digestFromBytes(bytes)
        assert.equal(digest, `sha256:${hex(bytes)}`)
      }),
    )
  })

  it('refuses bytes that are not exactly 32', () => {
    for (const length of [0, 31, 33, 64]) {
      assert.throws(() => digests().digestFromBytes(new Uint8Array(length)), {
        code: 'INVALID_DIGEST',
      })
    }
  })
}

describe(
  'a digest, with the hash of the platform',
  digestTests(() => native),
)

describe('a digest, where the platform has no synchronous hash', () => {
  let portable: typeof native
  before(async () => {
    const builtin: unknown = Reflect.get(process, 'getBuiltinModule')
    const specifier: string = '../../schema/digest.ts?without-builtin'
    Reflect.set(process, 'getBuiltinModule', undefined)
    try {
      portable = await import(specifier)
    } finally {
      Reflect.set(process, 'getBuiltinModule', builtin)
    }
    assert.notEqual(portable.sha256, native.sha256)
  })
  after(() => assert.equal(typeof process.getBuiltinModule, 'function'))

  describe(
    'is the same',
    digestTests(() => portable),
  )
})

describe('the text of a digest', () => {
  const hex64 = 'a1'.repeat(32)

  it('is read as it stands', () => {
    assert.equal(native.parseDigest(`sha256:${hex64}`), `sha256:${hex64}`)
    assert.ok(native.isDigest(`sha256:${hex64}`))
  })

  const refused: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no prefix', hex64],
    ['another algorithm', `sha512:${hex64}`],
    ['upper-case digits', `sha256:${hex64.toUpperCase()}`],
    ['an upper-case prefix', `SHA256:${hex64}`],
    ['63 digits', `sha256:${hex64.slice(1)}`],
    ['65 digits', `sha256:${hex64}0`],
    ['a letter that is no digit', `sha256:${hex64.slice(1)}g`],
    ['a line feed at the end', `sha256:${hex64}\n`],
    ['a space at the start', ` sha256:${hex64}`],
    ['a very long text', 'sha256:'.repeat(10_000)],
  ]
  for (const [name, text] of refused) {
    it(`is refused with ${name}`, () => {
      assert.equal(native.isDigest(text), false)
      assert.throws(
        () => native.parseDigest(text),
        (error: unknown) => {
          assert.ok(isCatalogError(error) && error.message.length < 300)
          assert.equal(error.code, 'INVALID_DIGEST')
          return true
        },
      )
    })
  }

  it('is not a number, a list or bytes', () => {
    for (const value of [1, null, undefined, [`sha256:${hex64}`], new Uint8Array(32)]) {
      assert.equal(native.isDigest(value), false)
    }
  })
})
