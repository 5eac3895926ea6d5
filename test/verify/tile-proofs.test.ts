import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTileProofs } from '../../client-sdk/verify/tile-nodes.ts'
import { leafHash } from '../../schema/merkle.ts'
import { verifyConsistency, verifyInclusion } from '../../schema/merkle-check.ts'
import { smallEntries, sourceOf, tileLogOf } from './tile-log.ts'

/** Every size up to this, with every index and older size: past the first full tile. */
const SIZE_MAX_COUNT = 300

const entries = smallEntries(SIZE_MAX_COUNT)

test('every proof from tiles is the one of the naive tree, for all sizes up to 300', async () => {
  for (let size = 1; size <= SIZE_MAX_COUNT; size += 1) {
    const { files, tree } = tileLogOf(entries.slice(0, size))
    const proofs = openTileProofs(sourceOf(files))
    for (let index = 0; index < size; index += 1) {
      const inclusion = await proofs.inclusion(index, size)
      assert.ok(inclusion.ok)
      assert.ok(samePath(inclusion.value, tree.inclusion(index, size)), `${index} in ${size}`)
      const consistency = await proofs.consistency(index + 1, size)
      assert.ok(consistency.ok)
      assert.ok(samePath(consistency.value, tree.consistency(index + 1, size)))
    }
  }
})

test('a proof with any bit flipped is refused', async () => {
  const size = 300
  const { files, tree } = tileLogOf(entries)
  const proofs = openTileProofs(sourceOf(files))
  for (const index of [0, 1, 127, 255, 256, 299]) {
    const inclusion = await proofs.inclusion(index, size)
    const consistency = await proofs.consistency(index + 1, size)
    assert.ok(inclusion.ok && consistency.ok)
    const claim = { index, size, leafHash: leafHash(entries[index] ?? assert.fail()) }
    const root = tree.root(0, size)
    assert.ok(verifyInclusion({ ...claim, path: inclusion.value, root }).ok)
    for (const path of flips(inclusion.value)) {
      assert.ok(!verifyInclusion({ ...claim, path, root }).ok)
    }
    const heads = {
      oldSize: index + 1,
      oldRoot: tree.root(0, index + 1),
      newSize: size,
      newRoot: root,
    }
    assert.ok(verifyConsistency({ ...heads, path: consistency.value }).ok)
    for (const path of flips(consistency.value)) {
      assert.ok(!verifyConsistency({ ...heads, path }).ok)
    }
  }
})

test('proofs in a log of three levels of tiles are right', async () => {
  const size = 66_000
  const { files, tree } = tileLogOf(smallEntries(size))
  const proofs = openTileProofs(sourceOf(files))
  for (const index of [0, 255, 65_535, 65_536, 65_999]) {
    const inclusion = await proofs.inclusion(index, size)
    assert.deepEqual(inclusion, { ok: true, value: tree.inclusion(index, size) })
    const consistency = await proofs.consistency(index + 1, size)
    assert.deepEqual(consistency, { ok: true, value: tree.consistency(index + 1, size) })
  }
})

test('tiles are read once, and the full tile stands in for a partial one that is gone', async () => {
  const { files, tree } = tileLogOf(entries)
  const asked: string[] = []
  const proofs = openTileProofs({
    read: (path) => {
      asked.push(path)
      return Promise.resolve(files.get(path))
    },
  })
  // At size 200 the first tile was partial; the log of 300 has the full one only.
  const inclusion = await proofs.inclusion(7, 200)
  assert.deepEqual(inclusion, { ok: true, value: tree.inclusion(7, 200) })
  await proofs.inclusion(8, 200)
  assert.deepEqual(asked, ['tile/0/000.p/200', 'tile/0/000'])
})

test('what a proof lacks is a finding', async () => {
  const codesOf = async (files: ReadonlyMap<string, Uint8Array>, index = 3, size = 300) => {
    const proof = await openTileProofs(sourceOf(files)).inclusion(index, size)
    return proof.ok ? [] : proof.findings.map((one) => one.code)
  }
  const { files } = tileLogOf(entries)
  assert.deepEqual(await codesOf(files), [])
  assert.deepEqual(await codesOf(new Map()), ['tile-missing', 'tile-missing'])
  assert.deepEqual(await codesOf(new Map(files).set('tile/0/000', new Uint8Array(31))), [
    'tile-malformed',
  ])
  assert.deepEqual(await codesOf(files, 300), ['size-out-of-range'])
  const failing = openTileProofs({ read: () => Promise.reject(new Error('a secret')) })
  const proof = await failing.consistency(1, 15)
  assert.ok(!proof.ok)
  assert.equal(proof.findings[0]?.code, 'source-failed')
  assert.doesNotMatch(JSON.stringify(proof), /secret/)
})

/** A path with one bit flipped, for the first and last bit of each byte of each hash. */
function* flips(path: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  for (const [step, hash] of path.entries()) {
    for (const [at, byte] of hash.entries()) {
      for (const mask of [0x01, 0x80]) yield path.with(step, hash.with(at, byte ^ mask))
    }
  }
}

function samePath(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  return Buffer.concat(left).equals(Buffer.concat(right)) && left.length === right.length
}
