import { setImmediate } from 'node:timers/promises'
import type { CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../../schema/transparency/tile-path.ts'
import type { Reader } from '../store/database.ts'
import { readHashes, readStoredTile } from './read-tiles.ts'
import { corrupt } from './right-edge.ts'
import { nodeIn, nodesOver } from './tile-nodes.ts'

/** Tiles of level 6 would cover 256^7 entries, more than a safe integer counts. */
const TILE_LEVELS_MAX = 7

/**
 * Compares every full tile of a log with what it was made from: leaf hashes, or the roots of the tiles below. One
 * tile a turn, so that requests go on between; a tile takes 0.2 ms. Gives what is wrong, or undefined.
 */
export async function patrolTiles(
  db: Reader,
  namespace: NamespaceName,
  signal: AbortSignal,
): Promise<CatalogError | undefined> {
  for (let level = 0; level < TILE_LEVELS_MAX; level += 1) {
    for (let index = 0; ; index += 1) {
      // The end of a level: what is missing below the right edge shows in the level above, or with the next batch.
      const stored = await readStoredTile(db, namespace, { level, index })
      if (stored === undefined && index === 0) return undefined
      if (stored === undefined || signal.aborted) break
      const made = await readHashes(db, namespace, { level, index, width: TILE_WIDTH })
      const root = nodeIn(nodesOver(stored.hashes), TILE_HEIGHT, 0)
      if (made === undefined || !sameBytes(made, stored.hashes) || !sameBytes(root, stored.root)) {
        const below = level === 0 ? 'leaf hashes' : 'roots of the tiles below'
        return corrupt(
          { namespace },
          `tile ${index} of level ${level} has other hashes than the ${below}, or another root`,
        )
      }
      await setImmediate()
    }
  }
  return undefined
}
