import assert from 'node:assert/strict'
import { extendRange, rootOf, serializeRange } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../../schema/transparency/tile-path.ts'
import { readingOf, type WriteTransaction } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readHashes, type RootedHead } from './read-tiles.ts'
import { readRange } from './right-edge.ts'

/** Tiles of level 6 would cover 256^7 entries, more than a safe integer counts. */
const TILE_LEVELS_MAX = 7

/**
 * Extends the namespace's tree by the leaf hashes of a batch: stores the tiles that became full, a tree
 * head and the compact range, all in the batch's transaction. Gives the new head.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export async function extendTree(
  tx: WriteTransaction,
  head: Row<'log_head'>,
  batch: { readonly leafHashes: readonly Uint8Array[]; readonly atMs: number },
): Promise<RootedHead> {
  const { namespace } = head
  const tileRoots = new Map<string, Uint8Array>()
  const range = extendRange(readRange(head), batch.leafHashes, (level, index, hash) => {
    if (level > 0 && level % TILE_HEIGHT === 0)
      tileRoots.set(`${level / TILE_HEIGHT}/${index}`, hash)
  })
  await storeFullTiles(tx, { namespace, from: head.size, to: range.size, tileRoots, ...batch })
  const { size } = range
  const root = rootOf(range)
  await tx.insert('tree_head', [{ namespace, size, root, at_ms: batch.atMs }])
  await tx.upsert('log_head', [{ ...head, size, compact_range: serializeRange(range) }])
  return { size, root }
}

interface Growth {
  readonly namespace: NamespaceName
  readonly from: number
  readonly to: number
  readonly leafHashes: readonly Uint8Array[]
  /** Hashes that this growth completed, by `level/index` in units of tiles. */
  readonly tileRoots: ReadonlyMap<string, Uint8Array>
}

async function storeFullTiles(tx: WriteTransaction, growth: Growth): Promise<void> {
  for (let level = 0; level < TILE_LEVELS_MAX; level += 1) {
    const leavesPerTile = TILE_WIDTH ** (level + 1)
    const first = Math.floor(growth.from / leavesPerTile)
    const end = Math.floor(growth.to / leavesPerTile)
    if (first === end) return
    for (let index = first; index < end; index += 1) {
      const root = growth.tileRoots.get(`${level + 1}/${index}`)
      assert.ok(root, 'a full tile has a root')
      const hashes = await tileHashes(tx, growth, { level, index })
      await tx.insert('tile', [
        {
          namespace: growth.namespace,
          level,
          tile_index: index,
          hashes,
          root,
        },
      ])
    }
  }
}

/** The 256 hashes of a tile: those stored earlier, then those of this growth. */
async function tileHashes(
  tx: WriteTransaction,
  growth: Growth,
  tile: { readonly level: number; readonly index: number },
): Promise<Uint8Array> {
  const start = tile.index * TILE_WIDTH
  const end = start + TILE_WIDTH
  const known = Math.floor(growth.from / TILE_WIDTH ** tile.level)
  const width = Math.max(0, known - start)
  const stored = await readHashes(readingOf(tx.query), growth.namespace, { ...tile, width })
  assert.ok(stored, 'the hashes before this growth are stored')
  const fresh: Uint8Array[] = []
  for (let at = Math.max(start, known); at < end; at += 1) {
    const hash =
      tile.level === 0
        ? growth.leafHashes[at - growth.from]
        : growth.tileRoots.get(`${tile.level}/${at}`)
    assert.ok(hash, 'every hash of a full tile is stored or new')
    fresh.push(hash)
  }
  return Buffer.concat([stored, ...fresh])
}
