import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyInclusion } from '../../schema/merkle-check.ts'
import { buildInclusionProof } from '../../schema/merkle-proof.ts'
import proofs from '../vectors/merkle/proofs.json' with { type: 'json' }
import rfc from '../vectors/merkle/rfc6962.json' with { type: 'json' }
import {
  equalNodeAt,
  equalRoot,
  flipBit,
  foreignValues,
  inclusionClaim,
  MAX_BRUTE_FORCE_SIZE,
  resized,
  samplePairs,
  tree,
  unhex,
} from './proof-samples.ts'

describe('an inclusion proof', () => {
  it(`is that of the recursive definition and holds, for every index and size to ${MAX_BRUTE_FORCE_SIZE}`, () => {
    for (let size = 1; size <= MAX_BRUTE_FORCE_SIZE; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const claim = inclusionClaim(index, size)
        assert.deepEqual(claim.path, tree.inclusion(index, size))
        assert.deepEqual(verifyInclusion(claim), { ok: true }, `${index} in ${size}`)
      }
    }
  })

  it('has the hashes of the example in RFC 6962', () => {
    for (const { index, size, path } of rfc.inclusionShapes) {
      const expected = path.map(([from = 0, to = 0]) => tree.root(from, to))
      assert.deepEqual(buildInclusionProof(index, size, tree.nodeAt), expected)
    }
  })

  it('holds for each vector computed in another language', () => {
    for (const vector of proofs.inclusion) {
      const claim = {
        index: vector.index,
        size: vector.size,
        leafHash: unhex(vector.leafHash),
        path: vector.path.map(unhex),
        root: unhex(vector.root),
      }
      assert.deepEqual(verifyInclusion(claim), { ok: true })
    }
  })

  it('fails after any one bit of its path, leaf or root is flipped', () => {
    for (const [index, size] of [
      [0, 2],
      [6, 7],
      [63, 64],
      [64, 65],
      [77, 107],
    ] as const) {
      const claim = inclusionClaim(index, size)
      const refused = { ok: false, reason: 'root-mismatch' }
      for (let bit = 0; bit < 256; bit += 1) {
        claim.path.forEach((hash, at) => {
          const path = claim.path.with(at, flipBit(hash, bit))
          assert.deepEqual(verifyInclusion({ ...claim, path }), refused)
        })
        const leaf = flipBit(claim.leafHash, bit)
        assert.deepEqual(verifyInclusion({ ...claim, leafHash: leaf }), refused)
        const root = flipBit(claim.root, bit)
        assert.deepEqual(verifyInclusion({ ...claim, root }), refused)
      }
    }
  })

  it('fails with one hash too many or too few, wherever that is', () => {
    for (const [index, size] of samplePairs) {
      const claim = inclusionClaim(index, size)
      for (const path of resized(claim.path)) {
        const reason = path.length < claim.path.length ? 'path-too-short' : 'path-too-long'
        assert.deepEqual(verifyInclusion({ ...claim, path }), { ok: false, reason })
      }
    }
  })

  it('proves nothing about another index of the same log', () => {
    for (const [index, size] of samplePairs) {
      const claim = inclusionClaim(index, size)
      for (let other = 0; other < size; other += 1) {
        if (other !== index) assert.equal(verifyInclusion({ ...claim, index: other }).ok, false)
      }
    }
  })

  it('fails with hashes that are not 32 bytes long', () => {
    const claim = inclusionClaim(6, 13)
    const refused = { ok: false, reason: 'hash-malformed' }
    for (const length of [0, 31, 33, 64]) {
      const bad = new Uint8Array(length)
      assert.deepEqual(verifyInclusion({ ...claim, leafHash: bad }), refused)
      assert.deepEqual(verifyInclusion({ ...claim, root: bad }), refused)
      claim.path.forEach((_, at) => {
        assert.deepEqual(verifyInclusion({ ...claim, path: claim.path.with(at, bad) }), refused)
      })
    }
  })

  it('fails with an index outside the log, and with sizes that doubles cannot count', () => {
    const claim = inclusionClaim(6, 13)
    for (const index of [-1, 13, 6.5, NaN, Infinity, 2 ** 53]) {
      const refused = { ok: false, reason: 'index-out-of-range' }
      assert.deepEqual(verifyInclusion({ ...claim, index }), refused)
      assert.throws(() => buildInclusionProof(index, 13, tree.nodeAt), {
        code: 'LOG_INDEX_OUT_OF_RANGE',
      })
    }
    assert.equal(verifyInclusion({ ...claim, index: 0, size: 0 }).ok, false)
    for (const size of [-1, 12.5, NaN, Infinity, 2 ** 53, 2 ** 63]) {
      const refused = { ok: false, reason: 'size-out-of-range' }
      assert.deepEqual(verifyInclusion({ ...claim, size }), refused)
      assert.throws(() => buildInclusionProof(6, size, tree.nodeAt), {
        code: 'LOG_INDEX_OUT_OF_RANGE',
      })
    }
  })

  it('is built and holds in logs beyond 2^32 and up to 2^53 − 1 entries', () => {
    for (const size of [2 ** 31 + 1, 2 ** 32, 2 ** 40 + 2 ** 33 + 5, Number.MAX_SAFE_INTEGER]) {
      for (const index of [0, 5, 2 ** 31, Math.floor(size / 2), size - 2, size - 1]) {
        const path = buildInclusionProof(index, size, equalNodeAt)
        const claim = { index, size, leafHash: equalNodeAt(0), path, root: equalRoot(size) }
        assert.deepEqual(verifyInclusion(claim), { ok: true }, `${index} in ${size}`)
        assert.equal(verifyInclusion({ ...claim, path: path.slice(1) }).ok, false)
      }
    }
  })

  it('cannot be built from a node that is not 32 bytes long', () => {
    for (const length of [0, 31, 33]) {
      const nodeAt = () => new Uint8Array(length)
      assert.throws(() => buildInclusionProof(1, 2, nodeAt), { code: 'INVALID_DIGEST' })
    }
  })

  it('never throws and never holds when a field has something foreign', () => {
    for (const value of foreignValues) {
      for (const field of Object.keys(inclusionClaim(6, 13))) {
        const claim = { ...inclusionClaim(6, 13) }
        Reflect.set(claim, field, value)
        assert.equal(verifyInclusion(claim).ok, false, field)
      }
    }
  })
})
