import { HASH_BYTES } from '../../schema/digest.ts'
import { emptyRange, extendRange, foldSubtrees, rootOf } from '../../schema/merkle.ts'
import { tileHashesCount, type HashTile } from '../../schema/transparency/tile-coverage.ts'
import { TILE_WIDTH } from '../../schema/transparency/tile-path.ts'

/** Answers the hashes of a tile, one after the other. */
export type ReadHashTile = (tile: HashTile) => Promise<Uint8Array>

/** The root of a log of `size` entries, from the tiles at its right edge: at most one of each level. */
export async function rootFromTiles(size: number, read: ReadHashTile): Promise<Uint8Array> {
  const subtrees: Uint8Array[] = []
  // Ends at level 7 at the latest, of which 2^53 − 1 entries have no hash.
  for (let level = 0; tileHashesCount(level, size) > 0; level += 1) {
    const count = tileHashesCount(level, size)
    const width = count % TILE_WIDTH
    if (width === 0) continue
    const index = (count - width) / TILE_WIDTH
    const hashes = splitHashes(await read({ kind: 'hashes', level, index, width }))
    // Larger subtrees stand further to the left.
    subtrees.unshift(...extendRange(emptyRange(), hashes).hashes)
  }
  return foldSubtrees(subtrees)
}

/**
 * Which hash of a tile above the leaves, from place `from` on, is not that of the full tile below it;
 * undefined if all are.
 */
export async function findWrongHash(
  tile: HashTile,
  bytes: Uint8Array,
  { from, read }: { readonly from: number; readonly read: ReadHashTile },
): Promise<number | undefined> {
  for (let at = from; at < tile.width; at += 1) {
    const index = tile.index * TILE_WIDTH + at
    const below = await read({ kind: 'hashes', level: tile.level - 1, index, width: TILE_WIDTH })
    const root = rootOf(extendRange(emptyRange(), splitHashes(below)))
    const found = bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)
    if (!Buffer.from(root).equals(found)) return at
  }
  return undefined
}

function splitHashes(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, at) =>
    bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  )
}
