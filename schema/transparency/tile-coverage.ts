import { refuseUnlessSize } from '../merkle.ts'
import { buildConsistencyProof, buildInclusionProof, type NodeSource } from '../merkle-proof.ts'
import { TILE_HEIGHT, TILE_WIDTH, type TilePath } from './tile-path.ts'

/** A tile of hashes. */
export type HashTile = Extract<TilePath, { readonly kind: 'hashes' }>

/** A bundle of entries. */
export type EntryTile = Extract<TilePath, { readonly kind: 'entries' }>

/** Where a node of the binary tree is: in a tile, at a height above its hashes from 0, and at a place there. */
export type TileNode = {
  readonly level: number
  readonly index: number
  readonly height: number
  readonly at: number
}

/** Stands in for hashes while only the question of which are needed is asked. */
const anyHash = new Uint8Array(32)

/**
 * How many hashes a log of `size` entries has at a level of tiles: floor(size / 256^level).
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the size is no integer from 0 to 2^53 − 1
 */
export function tileHashesCount(level: number, size: number): number {
  refuseUnlessSize(size)
  // A division by a power of two is exact.
  return Math.floor(size / TILE_WIDTH ** level)
}

/**
 * Every tile of hashes of a log of `size` entries, from the leaves up, each level from the left, the
 * rightmost of a level with its partial width; none for the empty log. Lazy: a large log has many.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the size is no integer from 0 to 2^53 − 1
 * @see https://c2sp.org/tlog-tiles
 */
export function* hashTilesOf(size: number): Generator<HashTile> {
  // Ends at level 7 at the latest, of which 2^53 − 1 entries have no hash.
  for (let level = 0; tileHashesCount(level, size) > 0; level += 1) {
    for (const place of placesOf(tileHashesCount(level, size))) {
      yield { kind: 'hashes', level, ...place }
    }
  }
}

/**
 * Every entry bundle of a log of `size` entries, from the left, the last with its partial width. Lazy.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the size is no integer from 0 to 2^53 − 1
 * @see https://c2sp.org/tlog-tiles
 */
export function* entryBundlesOf(size: number): Generator<EntryTile> {
  for (const place of placesOf(tileHashesCount(0, size))) yield { kind: 'entries', ...place }
}

/** The tile from whose hashes the node at a level and index of the binary tree is made. */
export function tileNodeOf(nodeLevel: number, nodeIndex: number): TileNode {
  const height = nodeLevel % TILE_HEIGHT
  const nodesPerTile = 2 ** (TILE_HEIGHT - height)
  return {
    level: (nodeLevel - height) / TILE_HEIGHT,
    index: Math.floor(nodeIndex / nodesPerTile),
    height,
    at: nodeIndex % nodesPerTile,
  }
}

/**
 * The tiles that the inclusion proof of `index` in a log of `size` entries is made from, at most 14.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log of that size has no such index
 */
export function tilesForInclusion(index: number, size: number): readonly HashTile[] {
  return tilesAsked(size, (nodeAt) => buildInclusionProof(index, size, nodeAt))
}

/**
 * The tiles that the consistency proof from `oldSize` to `newSize` entries is made from, at most 14.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} not 0 < `oldSize` ≤ `newSize`
 */
export function tilesForConsistency(oldSize: number, newSize: number): readonly HashTile[] {
  return tilesAsked(newSize, (nodeAt) => buildConsistencyProof(oldSize, newSize, nodeAt))
}

/** Builds with stand-in hashes and notes what was asked for: the proof's shape never depends on them. */
function tilesAsked(size: number, build: (nodeAt: NodeSource) => unknown): readonly HashTile[] {
  const tiles = new Map<string, HashTile>()
  build((nodeLevel, nodeIndex) => {
    const { level, index } = tileNodeOf(nodeLevel, nodeIndex)
    const width = Math.min(TILE_WIDTH, tileHashesCount(level, size) - index * TILE_WIDTH)
    tiles.set(`${level}/${index}`, { kind: 'hashes', level, index, width })
    return anyHash
  })
  return [...tiles.values()]
}

function* placesOf(count: number): Generator<{ readonly index: number; readonly width: number }> {
  for (let from = 0; from < count; from += TILE_WIDTH) {
    yield { index: from / TILE_WIDTH, width: Math.min(TILE_WIDTH, count - from) }
  }
}
