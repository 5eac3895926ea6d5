import assert from 'node:assert/strict'
import { extendRange, rootOf, serializeRange } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { WriteTransaction } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import type { RootedHead } from './read-tiles.ts'
import { readRange } from './right-edge.ts'

/** Hashes of one full tile, and the levels of the tree it spans: the C2SP tile height. */
const TILE_HASHES_COUNT = 256
const TILE_HEIGHT = 8
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
  await tx.upsert('log_head', [{ namespace, size, compact_range: serializeRange(range) }])
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
    const leavesPerTile = TILE_HASHES_COUNT ** (level + 1)
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
          hashes: Buffer.concat(hashes),
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
): Promise<readonly Uint8Array[]> {
  const start = tile.index * TILE_HASHES_COUNT
  const end = start + TILE_HASHES_COUNT
  const known = Math.floor(growth.from / TILE_HASHES_COUNT ** tile.level)
  const stored =
    start < known
      ? await storedHashes(tx, growth.namespace, { ...tile, start, end: Math.min(end, known) })
      : []
  const fresh: Uint8Array[] = []
  for (let at = Math.max(start, known); at < end; at += 1) {
    const hash =
      tile.level === 0
        ? growth.leafHashes[at - growth.from]
        : growth.tileRoots.get(`${tile.level}/${at}`)
    assert.ok(hash, 'every hash of a full tile is stored or new')
    fresh.push(hash)
  }
  assert.equal(stored.length + fresh.length, TILE_HASHES_COUNT)
  return [...stored, ...fresh]
}

async function storedHashes(
  tx: WriteTransaction,
  namespace: NamespaceName,
  span: { readonly level: number; readonly start: number; readonly end: number },
): Promise<readonly Uint8Array[]> {
  if (span.level === 0) {
    const rows = await tx.query
      .selectFrom('entry')
      .select('leaf_hash')
      .where('namespace', '=', namespace)
      .where('log_index', '>=', span.start as never)
      .where('log_index', '<', span.end as never)
      .orderBy('log_index')
      .execute()
    return rows.map((row) => row.leaf_hash)
  }
  const rows = await tx.query
    .selectFrom('tile')
    .select('root')
    .where('namespace', '=', namespace)
    .where('level', '=', span.level - 1)
    .where('tile_index', '>=', span.start)
    .where('tile_index', '<', span.end)
    .orderBy('tile_index')
    .execute()
  return rows.map((row) => row.root)
}
