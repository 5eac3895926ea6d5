import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  entryBundlesOf,
  hashTilesOf,
  tileNodeOf,
  tilesForConsistency,
  tilesForInclusion,
} from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath } from '../../schema/transparency/tile-path.ts'

/** How many full tiles each level has, and which partial ones. */
function summaryOf(size: number) {
  const tiles = [...hashTilesOf(size)]
  return {
    fullCounts: [0, 1, 2].map(
      (level) => tiles.filter((tile) => tile.level === level && tile.width === 256).length,
    ),
    partial: tiles.filter((tile) => tile.width < 256).map(formatTilePath),
  }
}

test('a log of 70,000 entries has the tiles of the worked example', () => {
  assert.deepEqual(summaryOf(70_000), {
    fullCounts: [273, 1, 0],
    partial: ['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1'],
  })
  const bundles = [...entryBundlesOf(70_000)]
  assert.equal(bundles.length, 274)
  assert.deepEqual(bundles.at(-1), { kind: 'entries', index: 273, width: 112 })
})

test('a log of 256 entries has a full tile, a partial one above and a full bundle', () => {
  assert.deepEqual([...hashTilesOf(256)].map(formatTilePath), ['tile/0/000', 'tile/1/000.p/1'])
  assert.deepEqual([...entryBundlesOf(256)].map(formatTilePath), ['tile/entries/000'])
})

test('the empty log has no tile and no bundle', () => {
  assert.deepEqual([...hashTilesOf(0), ...entryBundlesOf(0)], [])
})

test('every level is as wide as the formula of the specification says', () => {
  for (const size of [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 131_072]) {
    const expected: string[] = []
    for (let level = 0; 256 ** level <= size; level += 1) {
      const hashes = Math.floor(size / 256 ** level)
      for (let index = 0; index < Math.floor(hashes / 256); index += 1) {
        expected.push(formatTilePath({ kind: 'hashes', level, index, width: 256 }))
      }
      const [index, width] = [Math.floor(hashes / 256), hashes % 256]
      if (width > 0) expected.push(formatTilePath({ kind: 'hashes', level, index, width }))
    }
    assert.deepEqual([...hashTilesOf(size)].map(formatTilePath), expected)
  }
})

test('nodes lie where the tests of another implementation say', () => {
  // Tessera, api/layout/tile_test.go: node level and index; tile level and index; height and place in it.
  const vectors = [
    [0, 0, 0, 0, 0, 0],
    [0, 255, 0, 0, 0, 255],
    [0, 256, 0, 1, 0, 0],
    [1, 0, 0, 0, 1, 0],
    [8, 0, 1, 0, 0, 0],
  ] as const
  for (const [nodeLevel, nodeIndex, level, index, height, at] of vectors) {
    assert.deepEqual(tileNodeOf(nodeLevel, nodeIndex), { level, index, height, at })
  }
})

test('a proof in the largest log needs at most 14 tiles, with the widths of that size', () => {
  const size = Number.MAX_SAFE_INTEGER
  for (const index of [0, 1, 2 ** 52 - 1, 2 ** 52, 2 ** 52 + 12_345, size - 1]) {
    const tiles = tilesForInclusion(index, size)
    assert.ok(tiles.length <= 14, `${tiles.length} tiles`)
    const rightEdge = tiles.find((tile) => tile.level === 6)
    assert.equal(rightEdge?.width, Math.floor(size / 256 ** 6))
    if (index > 0) assert.ok(tilesForConsistency(index, size).length <= 14)
  }
})

test('a proof needs tiles that the log has, and a small log has one', () => {
  assert.deepEqual(tilesForInclusion(3, 15).map(formatTilePath), ['tile/0/000.p/15'])
  assert.deepEqual(tilesForConsistency(7, 15).map(formatTilePath), ['tile/0/000.p/15'])
  const has = new Set([...hashTilesOf(70_000)].map(formatTilePath))
  for (let index = 0; index < 70_000; index += 997) {
    const needed = [
      ...tilesForInclusion(index, 70_000),
      ...tilesForConsistency(index + 1, 70_000),
    ].map(formatTilePath)
    assert.deepEqual(
      needed.filter((path) => !has.has(path)),
      [],
    )
  }
})

test('sizes and indexes outside of a log are refused', () => {
  assert.throws(() => [...hashTilesOf(-1)], { code: 'LOG_INDEX_OUT_OF_RANGE' })
  assert.throws(() => tilesForInclusion(5, 5), { code: 'LOG_INDEX_OUT_OF_RANGE' })
  assert.throws(() => tilesForConsistency(0, 5), { code: 'LOG_INDEX_OUT_OF_RANGE' })
})
