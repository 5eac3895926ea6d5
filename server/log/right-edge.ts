import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { foldSubtrees, parseRange, type CompactRange } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
import { tileHashesCount } from '../../schema/transparency/tile-coverage.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../../schema/transparency/tile-path.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readHashes, readStoredTile, type RootedHead } from './read-tiles.ts'
import { nodeIn, nodesOver, type PlacedTile, type TileCache, type TileNodes } from './tile-nodes.ts'

/** A log that a batch has grown, as its transaction sees it. */
export interface GrownLog {
  readonly namespace: NamespaceName
  /** Size before the batch. */
  readonly from: number
  /** The head that the compact range gave. */
  readonly head: RootedHead
}

/**
 * Computes the root of a grown log a second time, from its stored rows: the last leaf hashes, and the roots of
 * the tiles left of them. Tiles that the batch filled are read back whole. Roots of tiles are read again when
 * one is added; until then, what this process read before stands for them.
 *
 * @throws {LOG_CORRUPT} the stored rows do not give the head's root
 */
export async function checkRightEdge(
  db: Reader,
  log: GrownLog,
  cache: TileCache,
): Promise<readonly PlacedTile[]> {
  const { namespace, head } = log
  const tiles: PlacedTile[] = []
  const subtrees: Uint8Array[] = []
  // Ends at level 7 at the latest, of which 2^53 − 1 entries have no hash.
  for (let level = 0; tileHashesCount(level, head.size) > 0; level += 1) {
    const index = Math.floor(tileHashesCount(level, head.size) / TILE_WIDTH)
    tiles.push(...(await readFilled(db, log, { level, end: index })))
    const width = tileHashesCount(level, head.size) % TILE_WIDTH
    if (width === 0) continue
    const known = cache.get(namespace, level, index)
    const nodes =
      level > 0 && known?.width === width
        ? known
        : nodesOver(await hashesOf(db, log, { level, index, width }), known)
    tiles.push({ level, index, nodes })
    subtrees.unshift(...perfectSubtrees(nodes))
  }
  if (!sameBytes(foldSubtrees(subtrees), head.root)) {
    throw corrupt(log, 'the stored leaf hashes and tiles give another root than the compact range')
  }
  return tiles
}

/** The tiles of a level that the batch filled, as they were stored. */
async function readFilled(
  db: Reader,
  log: GrownLog,
  { level, end }: { readonly level: number; readonly end: number },
): Promise<readonly PlacedTile[]> {
  const first = Math.floor(tileHashesCount(level, log.from) / TILE_WIDTH)
  const tiles: PlacedTile[] = []
  for (let index = first; index < end; index += 1) {
    const stored = await readStoredTile(db, log.namespace, { level, index })
    if (stored === undefined) throw corrupt(log, `tile ${index} of level ${level} is missing`)
    const nodes = nodesOver(stored.hashes)
    if (!sameBytes(nodeIn(nodes, TILE_HEIGHT, 0), stored.root)) {
      throw corrupt(log, `tile ${index} of level ${level} has another root than its hashes`)
    }
    tiles.push({ level, index, nodes })
  }
  return tiles
}

async function hashesOf(
  db: Reader,
  log: GrownLog,
  tile: { readonly level: number; readonly index: number; readonly width: number },
): Promise<Uint8Array> {
  const hashes = await readHashes(db, log.namespace, tile)
  if (hashes !== undefined) return hashes
  throw corrupt(log, `hashes of tile ${tile.index} of level ${tile.level} are missing`)
}

/** The perfect subtrees that a tile falls into, largest first. */
function perfectSubtrees(tile: TileNodes): readonly Uint8Array[] {
  const subtrees: Uint8Array[] = []
  for (let height = TILE_HEIGHT - 1; height >= 0; height -= 1) {
    const count = Math.floor(tile.width / 2 ** height)
    if (count % 2 === 1) subtrees.push(nodeIn(tile, height, count - 1))
  }
  return subtrees
}

/**
 * The compact range of a stored head.
 *
 * @throws {LOG_CORRUPT} it is not that of the head's size
 */
export function readRange(head: Row<'log_head'>): CompactRange {
  try {
    return parseRange(head.size, head.compact_range)
  } catch (error) {
    if (!isCatalogError(error)) throw error
    throw corrupt(head, 'its compact range does not fit its size')
  }
}

/** What is said of a namespace whose rows contradict each other. */
export function corrupt(
  log: { readonly namespace: NamespaceName },
  what: string,
  cause?: unknown,
): CatalogError {
  return new CatalogError(
    'LOG_CORRUPT',
    `The log of "${log.namespace}" contradicts itself: ${what}. Nothing of this request was stored, and nothing more is written to this namespace; run "cairn fsck" to find what was changed, and restore that.`,
    { cause, detail: { namespace: log.namespace } },
  )
}
