import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyConsistency } from '../../schema/merkle-check.ts'
import { buildConsistencyProof } from '../../schema/merkle-proof.ts'
import proofs from '../vectors/merkle/proofs.json' with { type: 'json' }
import rfc from '../vectors/merkle/rfc6962.json' with { type: 'json' }
import { naiveTree } from './naive-tree.ts'
import {
  equalNodeAt,
  equalRoot,
  flipBit,
  foreignValues,
  consistencyClaim,
  leaves,
  MAX_BRUTE_FORCE_SIZE,
  resized,
  samplePairs,
  tree,
  unhex,
} from './proof-samples.ts'

describe('a consistency proof', () => {
  it(`is that of the recursive definition and holds, for every two sizes to ${MAX_BRUTE_FORCE_SIZE}`, () => {
    for (let newSize = 1; newSize <= MAX_BRUTE_FORCE_SIZE; newSize += 1) {
      for (let oldSize = 1; oldSize <= newSize; oldSize += 1) {
        const claim = consistencyClaim(oldSize, newSize)
        assert.deepEqual(claim.path, tree.consistency(oldSize, newSize))
        assert.deepEqual(verifyConsistency(claim), { ok: true }, `${oldSize} in ${newSize}`)
      }
    }
  })

  it('has the hashes of the example in RFC 6962', () => {
    for (const { oldSize, newSize, path } of rfc.consistencyShapes) {
      const expected = path.map(([from = 0, to = 0]) => tree.root(from, to))
      assert.deepEqual(buildConsistencyProof(oldSize, newSize, tree.nodeAt), expected)
    }
  })

  it('holds for each vector computed in another language', () => {
    for (const vector of proofs.consistency) {
      const claim = {
        oldSize: vector.oldSize,
        newSize: vector.newSize,
        oldRoot: unhex(vector.oldRoot),
        newRoot: unhex(vector.newRoot),
        path: vector.path.map(unhex),
      }
      assert.deepEqual(verifyConsistency(claim), { ok: true })
    }
  })

  it('fails after any one bit of its path or of a root is flipped', () => {
    for (const [oldSize, newSize] of [
      [1, 2],
      [4, 7],
      [6, 7],
      [63, 128],
      [77, 107],
    ] as const) {
      const claim = consistencyClaim(oldSize, newSize)
      for (let bit = 0; bit < 256; bit += 1) {
        claim.path.forEach((hash, at) => {
          const path = claim.path.with(at, flipBit(hash, bit))
          assert.equal(verifyConsistency({ ...claim, path }).ok, false)
        })
        const oldRoot = flipBit(claim.oldRoot, bit)
        assert.equal(verifyConsistency({ ...claim, oldRoot }).ok, false)
        const newRoot = flipBit(claim.newRoot, bit)
        assert.deepEqual(verifyConsistency({ ...claim, newRoot }), {
          ok: false,
          reason: 'new-root-mismatch',
        })
      }
    }
  })

  it('fails with one hash too many or too few, wherever that is', () => {
    for (const [oldSize, newSize] of [...samplePairs, [5, 5] as const]) {
      const claim = consistencyClaim(oldSize, newSize)
      for (const path of resized(claim.path)) {
        const reason = path.length < claim.path.length ? 'path-too-short' : 'path-too-long'
        assert.deepEqual(verifyConsistency({ ...claim, path }), { ok: false, reason })
      }
    }
  })

  it('shows a log whose past was rewritten for what it is', () => {
    for (const [oldSize, newSize] of samplePairs) {
      const rewritten = naiveTree(leaves.with(oldSize - 1, new TextEncoder().encode('rewritten')))
      const claim = {
        ...consistencyClaim(oldSize, newSize),
        newRoot: rewritten.root(0, newSize),
        path: buildConsistencyProof(oldSize, newSize, rewritten.nodeAt),
      }
      assert.equal(verifyConsistency(claim).ok, false, `${oldSize} to ${newSize}`)
    }
  })

  it('between equal sizes is empty and asks for equal roots', () => {
    const claim = consistencyClaim(9, 9)
    assert.deepEqual(claim.path, [])
    assert.deepEqual(verifyConsistency({ ...claim, newRoot: tree.root(0, 8) }), {
      ok: false,
      reason: 'root-mismatch',
    })
  })

  it('fails with hashes that are not 32 bytes long', () => {
    const refused = { ok: false, reason: 'hash-malformed' }
    for (const claim of [
      consistencyClaim(6, 13),
      consistencyClaim(8, 13),
      consistencyClaim(8, 8),
    ]) {
      for (const length of [0, 31, 33, 64]) {
        const bad = new Uint8Array(length)
        assert.deepEqual(verifyConsistency({ ...claim, oldRoot: bad }), refused)
        assert.deepEqual(verifyConsistency({ ...claim, newRoot: bad }), refused)
        claim.path.forEach((_, at) => {
          assert.deepEqual(verifyConsistency({ ...claim, path: claim.path.with(at, bad) }), refused)
        })
      }
    }
  })

  it('fails from an empty log, backwards, and with sizes that doubles cannot count', () => {
    const claim = consistencyClaim(6, 13)
    const refused = { ok: false, reason: 'size-out-of-range' }
    for (const oldSize of [0, -1, 14, 6.5, NaN, Infinity, 2 ** 53]) {
      assert.deepEqual(verifyConsistency({ ...claim, oldSize }), refused)
      assert.throws(() => buildConsistencyProof(oldSize, 13, tree.nodeAt), {
        code: 'LOG_INDEX_OUT_OF_RANGE',
      })
    }
    for (const newSize of [0, -1, 13.5, NaN, Infinity, 2 ** 53]) {
      assert.deepEqual(verifyConsistency({ ...claim, newSize }), refused)
      assert.throws(() => buildConsistencyProof(6, newSize, tree.nodeAt), {
        code: 'LOG_INDEX_OUT_OF_RANGE',
      })
    }
  })

  it('is built and holds between logs beyond 2^32 and up to 2^53 − 1 entries', () => {
    const newSize = Number.MAX_SAFE_INTEGER
    for (const oldSize of [1, 3, 2 ** 31, 2 ** 32 + 7, 2 ** 52, 2 ** 52 + 1, newSize - 1]) {
      const claim = {
        oldSize,
        newSize,
        oldRoot: equalRoot(oldSize),
        newRoot: equalRoot(newSize),
        path: buildConsistencyProof(oldSize, newSize, equalNodeAt),
      }
      assert.deepEqual(verifyConsistency(claim), { ok: true }, `${oldSize} to ${newSize}`)
      assert.equal(verifyConsistency({ ...claim, oldRoot: claim.newRoot }).ok, false)
    }
  })

  it('cannot be built from a node that is not 32 bytes long', () => {
    for (const length of [0, 31, 33]) {
      const nodeAt = () => new Uint8Array(length)
      assert.throws(() => buildConsistencyProof(1, 2, nodeAt), { code: 'INVALID_DIGEST' })
    }
  })

  it('never throws and never holds when a field has something foreign', () => {
    for (const value of foreignValues) {
      for (const field of Object.keys(consistencyClaim(6, 13))) {
        const claim = { ...consistencyClaim(6, 13) }
        Reflect.set(claim, field, value)
        assert.equal(verifyConsistency(claim).ok, false, field)
      }
    }
  })
})
