import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BUNDLE_MAX_BYTES,
  decodeEntryBundle,
  encodeEntryBundle,
} from '../../schema/transparency/entry-bundle.ts'
import log from '../vectors/tlog/tessera-log.json' with { type: 'json' }

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

function findingOf(bundle: Uint8Array, count: number) {
  const decoded = decodeEntryBundle(bundle, count)
  assert.ok(!decoded.ok)
  const [finding] = decoded.findings
  assert.equal(finding?.code, 'bundle-malformed')
  return finding?.where
}

test('a bundle that another implementation wrote is read and written the same', () => {
  const bundle = Uint8Array.from(Buffer.from(log.entryBundle, 'base64'))
  const decoded = decodeEntryBundle(bundle, 15)
  assert.ok(decoded.ok)
  assert.equal(new TextDecoder().decode(decoded.value[3]), 'four')
  assert.deepEqual(encodeEntryBundle(decoded.value), bundle)
})

test('a bundle of the most and the longest entries is read as it was written', () => {
  const longest = Array.from({ length: 256 }, (_, byte) => new Uint8Array(65_535).fill(byte))
  const bundle = encodeEntryBundle(longest)
  assert.equal(bundle.length, BUNDLE_MAX_BYTES)
  const decoded = decodeEntryBundle(bundle, 256)
  assert.ok(decoded.ok)
  assert.ok(decoded.value.every((entry, byte) => entry.length === 65_535 && entry[9] === byte))
})

test('an empty entry has a length and nothing else', () => {
  const bundle = encodeEntryBundle([bytesOf(''), bytesOf('a')])
  assert.deepEqual([...bundle], [0, 0, 0, 1, 0x61])
  const decoded = decodeEntryBundle(bundle, 2)
  assert.ok(decoded.ok)
  assert.deepEqual(decoded.value, [bytesOf(''), bytesOf('a')])
})

test('a finding names the byte from which a bundle cannot be read', () => {
  const bundle = encodeEntryBundle([bytesOf('one'), bytesOf('two')])
  assert.equal(findingOf(bundle.subarray(0, 6), 2), 'byte 5')
  assert.equal(findingOf(bundle.subarray(0, 9), 2), 'byte 5')
  assert.equal(findingOf(bundle.subarray(0, 5), 2), 'byte 5')
  assert.equal(findingOf(bundle, 1), 'byte 5')
  assert.equal(findingOf(bundle, 3), 'byte 10')
  assert.equal(findingOf(new Uint8Array(), 1), 'byte 0')
})

test('what no bundle can hold is not written', () => {
  assert.throws(() => encodeEntryBundle([]), { code: 'BATCH_TOO_LARGE' })
  const tooMany = Array.from({ length: 257 }, () => new Uint8Array())
  assert.throws(() => encodeEntryBundle(tooMany), { code: 'BATCH_TOO_LARGE' })
  assert.throws(() => encodeEntryBundle([new Uint8Array(65_536)]), { code: 'DOCUMENT_TOO_LARGE' })
})
