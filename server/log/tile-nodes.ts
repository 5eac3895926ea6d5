import { HASH_BYTES } from '../../schema/digest.ts'
import { nodeHash } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { TILE_WIDTH } from '../../schema/transparency/tile-path.ts'
import type { Reader } from '../store/database.ts'
import { keep } from './keep.ts'

/** Tiles kept in memory for each database, 16 KiB each: 16 MiB, and many times the 14 of the largest proof. */
const CACHE_MAX_COUNT = 1024

/** Logs of which the newest batch is kept: more than are written to in a second. */
const BATCHES_MAX_COUNT = 4096

/** All nodes of a tile: its hashes, then the nodes above them, height by height. */
const NODES_MAX_COUNT = 2 * TILE_WIDTH - 1

/** A tile's hashes and every node over them that is complete; never changed once made. */
export interface TileNodes {
  /** Hashes that it begins with, 1 to 256. */
  readonly width: number
  readonly bytes: Uint8Array
}

/** A tile, and where it stands. */
export interface PlacedTile {
  readonly level: number
  readonly index: number
  readonly nodes: TileNodes
}

/** Where the nodes of a height begin: 0, 256, 384, 448… */
const startOf = (height: number): number => 2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> height)

/** One node of a tile, by its height above the hashes and its place there; 32 bytes, not to be changed. */
export function nodeIn(tile: TileNodes, height: number, at: number): Uint8Array {
  const start = (startOf(height) + at) * HASH_BYTES
  return tile.bytes.subarray(start, start + HASH_BYTES)
}

/** Whether a tile has all hashes that a node at a height and place is made from. */
export function hasNode(tile: TileNodes, height: number, at: number): boolean {
  return tile.width >= (at + 1) * 2 ** height
}

/**
 * Makes the nodes over 1 to 256 hashes, given one after the other. What an earlier tile has over a beginning
 * with the same bytes is taken from it, so that growth costs what is new.
 */
export function nodesOver(hashes: Uint8Array, known?: TileNodes): TileNodes {
  const width = hashes.length / HASH_BYTES
  const start = known !== undefined && beginsWith(hashes, known) ? known : undefined
  if (start?.width === width) return start
  const bytes = new Uint8Array(NODES_MAX_COUNT * HASH_BYTES)
  if (start !== undefined) bytes.set(start.bytes)
  bytes.set(hashes)
  const tile = { width, bytes }
  for (let height = 1; 2 ** height <= width; height += 1) {
    const from = start === undefined ? 0 : Math.floor(start.width / 2 ** height)
    for (let at = from; at < Math.floor(width / 2 ** height); at += 1) {
      const hash = nodeHash(nodeIn(tile, height - 1, 2 * at), nodeIn(tile, height - 1, 2 * at + 1))
      bytes.set(hash, (startOf(height) + at) * HASH_BYTES)
    }
  }
  return tile
}

function beginsWith(hashes: Uint8Array, { width, bytes }: TileNodes): boolean {
  const length = width * HASH_BYTES
  return (
    length <= hashes.length &&
    Buffer.compare(hashes.subarray(0, length), bytes.subarray(0, length)) === 0
  )
}

/** The part of a log that one batch brought, and the head that it ended with. */
export interface BatchHead {
  readonly from: number
  readonly head: { readonly size: number; readonly root: Uint8Array }
}

/** The tiles of one database that were used last, and the newest batch of each log. */
export interface TileCache {
  get(namespace: NamespaceName, level: number, index: number): TileNodes | undefined
  put(namespace: NamespaceName, level: number, index: number, tile: TileNodes): void
  newestBatch(namespace: NamespaceName): BatchHead | undefined
  putBatch(namespace: NamespaceName, batch: BatchHead): void
}

const caches = new WeakMap<Reader, TileCache>()

/** The cache of a database's tiles: nodes never change, so every reader of it shares one. */
export function tileCacheOf(db: Reader): TileCache {
  let cache = caches.get(db)
  if (cache === undefined) {
    cache = openTileCache()
    caches.set(db, cache)
  }
  return cache
}

function openTileCache(): TileCache {
  const tiles = new Map<string, TileNodes>()
  const batches = new Map<NamespaceName, BatchHead>()
  const put = (key: string, tile: TileNodes): void => keep(tiles, key, tile, CACHE_MAX_COUNT)
  return {
    get: (namespace, level, index) => {
      const key = `${namespace}/${level}/${index}`
      const tile = tiles.get(key)
      if (tile !== undefined) put(key, tile)
      return tile
    },
    put: (namespace, level, index, tile) => {
      const key = `${namespace}/${level}/${index}`
      if (tile.width >= (tiles.get(key)?.width ?? 0)) put(key, tile)
    },
    newestBatch: (namespace) => batches.get(namespace),
    putBatch: (namespace, batch) => keep(batches, namespace, batch, BATCHES_MAX_COUNT),
  }
}
