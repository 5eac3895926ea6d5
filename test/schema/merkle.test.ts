import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '../../schema/digest.ts'
import {
  EMPTY_ROOT,
  emptyRange,
  extendRange,
  leafHash,
  nodeHash,
  parseRange,
  rootOf,
  serializeRange,
} from '../../schema/merkle.ts'
import rfc from '../vectors/merkle/rfc6962.json' with { type: 'json' }
import { naiveTree } from './naive-tree.ts'

const MAX_BRUTE_FORCE_SIZE = 300

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const unhex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
const leaves = Array.from({ length: MAX_BRUTE_FORCE_SIZE }, (_, index) =>
  new TextEncoder().encode(`entry ${index}`),
)
const leafHashes = leaves.map(leafHash)
const tree = naiveTree(leaves)
const rangeOf = (size: number) => extendRange(emptyRange(), leafHashes.slice(0, size))

describe('the Merkle tree hash', () => {
  for (const { leaf, hash } of rfc.leafHashes) {
    it(`of the leaf ${leaf === '' ? 'without bytes' : leaf} is as published`, () => {
      assert.equal(hex(leafHash(unhex(leaf))), hash)
    })
  }

  it('of a node puts a one before both children, as in the published value for short ones', () => {
    const { left, right, hash } = rfc.shortNode
    assert.equal(hex(sha256(unhex(`01${left}${right}`))), hash)
    const [one, two] = [leafHash(unhex('01')), leafHash(unhex('02'))]
    assert.deepEqual(nodeHash(one, two), sha256(unhex(`01${hex(one)}${hex(two)}`)))
  })

  it('of no leaves is the hash of nothing', () => {
    assert.equal(hex(EMPTY_ROOT), rfc.roots[0])
    assert.deepEqual(rootOf(emptyRange()), EMPTY_ROOT)
  })

  it('of the published leaves gives every published root', () => {
    const hashes = rfc.leaves.map((leaf) => leafHash(unhex(leaf)))
    const roots = rfc.roots.map((_, size) =>
      hex(rootOf(extendRange(emptyRange(), hashes.slice(0, size)))),
    )
    assert.deepEqual(roots, rfc.roots)
  })

  it('never takes a node for a leaf: the node of two hashes is not the leaf of their bytes', () => {
    const [left, right] = [leafHash(unhex('00')), leafHash(unhex('01'))]
    assert.notDeepEqual(nodeHash(left, right), leafHash(Buffer.concat([left, right])))
  })

  it('refuses children that are not 32 bytes long', () => {
    const good = leafHash(unhex(''))
    for (const length of [0, 31, 33, 64]) {
      const bad = new Uint8Array(length)
      assert.throws(() => nodeHash(bad, good), { code: 'INVALID_DIGEST' })
      assert.throws(() => nodeHash(good, bad), { code: 'INVALID_DIGEST' })
    }
  })
})

describe('a compact range', () => {
  it(`has the root of the recursive definition at every size to ${MAX_BRUTE_FORCE_SIZE}`, () => {
    let range = emptyRange()
    for (const [index, hash] of leafHashes.entries()) {
      range = extendRange(range, [hash])
      assert.equal(range.size, index + 1)
      assert.deepEqual(rootOf(range), tree.root(0, index + 1))
    }
  })

  it('is the same however its leaves are cut into batches', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), (batches) => {
        let range = emptyRange()
        for (const count of batches) {
          range = extendRange(range, leafHashes.slice(range.size, range.size + count))
        }
        assert.deepEqual(range, rangeOf(range.size))
      }),
    )
  })

  it('tells of each perfect subtree once, children first, with the hash of its leaves', () => {
    const told = new Map<string, Uint8Array>()
    const onNode = (level: number, index: number, hash: Uint8Array) => {
      const name = `${level}/${index}`
      assert.equal(told.has(name), false, `${name} was told twice`)
      if (level > 0) {
        assert.ok(
          told.has(`${level - 1}/${2 * index}`) && told.has(`${level - 1}/${2 * index + 1}`),
        )
      }
      told.set(name, hash)
    }
    let range = emptyRange()
    for (let size = 0; size < leaves.length; size += 7) {
      range = extendRange(range, leafHashes.slice(size, size + 7), onNode)
    }
    const expected = new Map<string, Uint8Array>()
    for (let level = 0; 2 ** level <= leaves.length; level += 1) {
      for (let index = 0; (index + 1) * 2 ** level <= leaves.length; index += 1) {
        expected.set(`${level}/${index}`, tree.nodeAt(level, index))
      }
    }
    assert.deepEqual(told, expected)
  })

  it('leaves the range that it extends as it was', () => {
    const range = rangeOf(7)
    const before = structuredClone(range)
    extendRange(range, leafHashes.slice(7, 20))
    assert.deepEqual(range, before)
  })

  it('goes to bytes and back at every size', () => {
    for (let size = 0; size <= leaves.length; size += 1) {
      const range = rangeOf(size)
      assert.deepEqual(parseRange(size, serializeRange(range)), range)
    }
  })

  it('copies the bytes that it is read from', () => {
    const bytes = serializeRange(rangeOf(5))
    const range = parseRange(5, Buffer.from(bytes))
    bytes.fill(0)
    assert.deepEqual(range, rangeOf(5))
    assert.ok(range.hashes.every((hash) => hash.buffer.byteLength === 32))
  })

  it('refuses bytes that are too few or too many for the size', () => {
    const bytes = serializeRange(rangeOf(7))
    for (const cut of [bytes.subarray(1), bytes.subarray(32), Buffer.concat([bytes, bytes])]) {
      assert.throws(() => parseRange(7, cut), { code: 'INVALID_DIGEST' })
    }
    assert.throws(() => parseRange(8, bytes), { code: 'INVALID_DIGEST' })
    assert.throws(() => parseRange(0, bytes), { code: 'INVALID_DIGEST' })
  })

  it('refuses leaf hashes that are not 32 bytes long, before it tells of any node', () => {
    for (const length of [0, 31, 33]) {
      const hashes = [leafHash(unhex('')), new Uint8Array(length)]
      assert.throws(() => extendRange(emptyRange(), hashes, () => assert.fail('told')), {
        code: 'INVALID_DIGEST',
      })
    }
  })

  it('refuses to work on a range that contradicts itself', () => {
    const { hashes } = rangeOf(6)
    const wrong = [
      { size: 7, hashes },
      { size: 0, hashes },
      { size: 6, hashes: hashes.slice(1) },
      { size: 6, hashes: hashes.map((hash) => hash.subarray(1)) },
    ]
    for (const range of wrong) {
      assert.throws(() => rootOf(range), { code: 'INVALID_DIGEST' })
      assert.throws(() => serializeRange(range), { code: 'INVALID_DIGEST' })
      assert.throws(() => extendRange(range, leafHashes.slice(0, 1)), { code: 'INVALID_DIGEST' })
    }
  })

  it('refuses sizes that are no integers from 0 to 2^53 − 1', () => {
    for (const size of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      assert.throws(() => parseRange(size, new Uint8Array(32)), { code: 'LOG_INDEX_OUT_OF_RANGE' })
      assert.throws(() => rootOf({ size, hashes: [] }), { code: 'LOG_INDEX_OUT_OF_RANGE' })
    }
  })

  it('fills up at 2^53 − 1 leaves and takes no more', () => {
    const size = Number.MAX_SAFE_INTEGER - 1
    const hash = leafHash(unhex(''))
    const almostFull = parseRange(size, Buffer.concat(Array.from({ length: 52 }, () => hash)))
    const full = extendRange(almostFull, [hash])
    assert.equal(full.size, Number.MAX_SAFE_INTEGER)
    assert.equal(full.hashes.length, 53)
    assert.throws(() => extendRange(full, [hash]), { code: 'LOG_INDEX_OUT_OF_RANGE' })
  })
})
