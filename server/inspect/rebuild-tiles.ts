import {
  emptyRange,
  extendRange,
  rootOf,
  serializeRange,
  type CompactRange,
} from '../../schema/merkle.ts'
import { TILE_HEIGHT } from '../../schema/transparency/tile-path.ts'

/** A full tile as the entries make it. */
export interface RebuiltTile {
  readonly level: number
  readonly index: number
  readonly hashes: Uint8Array
  readonly root: Uint8Array
}

/** A tree that is made anew from leaf hashes; it holds one unfinished tile a level. */
export interface TileRebuild {
  readonly size: () => number
  /** Adds leaf hashes; gives the tiles that they fill. */
  add(leafHashes: readonly Uint8Array[]): readonly RebuiltTile[]
  root(): Uint8Array
  /** The compact range as the log's head row has it. */
  rangeBytes(): Uint8Array
  /** Tiles filled so far. */
  readonly tileCount: () => number
}

/** Begins to make a log's tree and its full tiles anew. */
export function startTileRebuild(): TileRebuild {
  let range: CompactRange = emptyRange()
  const open: Uint8Array[][] = []
  let tileCount = 0
  return {
    size: () => range.size,
    add: (leafHashes) => {
      const filled: RebuiltTile[] = []
      range = extendRange(range, leafHashes, (nodeLevel, index, hash) => {
        if (nodeLevel % TILE_HEIGHT !== 0) return
        const level = nodeLevel / TILE_HEIGHT
        const below = open[level - 1]
        if (below !== undefined) {
          filled.push({ level: level - 1, index, hashes: Buffer.concat(below), root: hash })
          open[level - 1] = []
        }
        const hashes = (open[level] ??= [])
        hashes.push(hash)
      })
      tileCount += filled.length
      return filled
    },
    root: () => rootOf(range),
    rangeBytes: () => serializeRange(range),
    tileCount: () => tileCount,
  }
}
