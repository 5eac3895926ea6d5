import { emptyRange, extendRange, foldSubtrees, rootOf } from '../../schema/merkle.ts'
import { TILE_WIDTH } from '../../schema/transparency/tile-path.ts'

/** A hash, or undefined where what it was to be made from could not be read. */
export type RebuiltHash = Uint8Array | undefined

/** A tile made anew from entries: 1 to 256 hashes. */
export interface RebuiltTile {
  readonly level: number
  readonly index: number
  readonly hashes: readonly RebuiltHash[]
}

/** A tree that is being made anew; it holds one unfinished tile a level, whatever the log's size. */
export interface TreeRebuild {
  /** Takes the next leaf hashes, 256 unless they are the last; gives the tiles above the leaves that this fills. */
  add(leafHashes: readonly RebuiltHash[]): readonly RebuiltTile[]
  /** The tiles above the leaves that are not full, from below. */
  partialTiles(): readonly RebuiltTile[]
  /** The root hash over all that was added; undefined if a hash is missing. */
  root(): RebuiltHash
}

/** Begins to make the tree of a log anew, from its leaf hashes on. */
export function startRebuild(): TreeRebuild {
  const open: RebuiltHash[][] = []
  const fullCounts: number[] = []

  function add(leafHashes: readonly RebuiltHash[]): readonly RebuiltTile[] {
    const filled: RebuiltTile[] = []
    let hashes = [...leafHashes]
    let level = 0
    // Ends at level 6 at the latest, which no log fills.
    for (; hashes.length === TILE_WIDTH; level += 1) {
      const index = fullCounts[level] ?? 0
      if (level > 0) filled.push({ level, index, hashes })
      fullCounts[level] = index + 1
      open[level] = []
      hashes = [...(open[level + 1] ?? []), rootOver(hashes)]
    }
    open[level] = hashes
    return filled
  }

  function partialTiles(): readonly RebuiltTile[] {
    return open
      .map((hashes, level) => ({ level, index: fullCounts[level] ?? 0, hashes }))
      .filter((tile) => tile.level > 0 && tile.hashes.length > 0)
  }

  function root(): RebuiltHash {
    const subtrees = open.toReversed().map(subtreesOver)
    return subtrees.every((some) => some !== undefined) ? foldSubtrees(subtrees.flat()) : undefined
  }

  return { add, partialTiles, root }
}

function rootOver(hashes: readonly RebuiltHash[]): RebuiltHash {
  return areKnown(hashes) ? rootOf(extendRange(emptyRange(), hashes)) : undefined
}

/** The perfect subtrees that a level's open tile falls into, largest first. */
function subtreesOver(hashes: readonly RebuiltHash[]): readonly Uint8Array[] | undefined {
  return areKnown(hashes) ? extendRange(emptyRange(), hashes).hashes : undefined
}

function areKnown(hashes: readonly RebuiltHash[]): hashes is readonly Uint8Array[] {
  return hashes.every((hash) => hash !== undefined)
}
