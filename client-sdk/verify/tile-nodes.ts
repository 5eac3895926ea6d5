import { isCatalogError } from '../../schema/errors.ts'
import { emptyRange, extendRange } from '../../schema/merkle.ts'
import {
  buildConsistencyProof,
  buildInclusionProof,
  type NodeSource,
} from '../../schema/merkle-proof.ts'
import { accepted, refused, type Parsed } from '../../schema/transparency/finding.ts'
import {
  tilesForConsistency,
  tileNodeOf,
  tilesForInclusion,
  type HashTile,
} from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath } from '../../schema/transparency/tile-path.ts'
import { readHashTile } from './read-tile.ts'
import type { TileSource } from './tile-source.ts'

/** Tiles kept in memory, 16 KiB each: 4 MiB, and many times the 14 of the largest proof. */
const CACHE_MAX_COUNT = 256

/** A proof: sibling hashes from the leaf up, 32 bytes each. */
export type ProofPath = readonly Uint8Array[]

/**
 * Proofs made from a log's tiles. The tiles are not trusted: a proof made from wrong ones proves nothing, and
 * checking it against the root of a signed tree head shows that.
 */
export interface TileProofs {
  /** The inclusion proof of the entry at `index` in the log of `size` entries. */
  inclusion(index: number, size: number): Promise<Parsed<ProofPath>>
  /** The consistency proof from `oldSize` (over 0) to `newSize` entries. */
  consistency(oldSize: number, newSize: number): Promise<Parsed<ProofPath>>
}

/** The nodes of a tile, by their height above its hashes and their place there. */
type TileNodes = readonly (readonly Uint8Array[])[]

/** Makes proofs from the tiles of a source, and keeps the 256 tiles used last. */
export function openTileProofs(source: TileSource): TileProofs {
  const cache = new Map<string, TileNodes>()

  async function nodesOf(tile: HashTile): Promise<Parsed<TileNodes>> {
    const path = formatTilePath(tile)
    let nodes = cache.get(path)
    if (nodes === undefined) {
      const read = await readHashTile(source, tile)
      if (!read.ok) return read
      nodes = nodesOver(read.value)
    }
    // A Map keeps the order of insertion, so the first is the one that was used longest ago.
    cache.delete(path)
    cache.set(path, nodes)
    const [oldest] = cache.keys()
    if (cache.size > CACHE_MAX_COUNT && oldest !== undefined) cache.delete(oldest)
    return accepted(nodes)
  }

  async function prove(
    tilesNeeded: () => readonly HashTile[],
    build: (nodeAt: NodeSource) => ProofPath,
  ): Promise<Parsed<ProofPath>> {
    const needed = attempt(tilesNeeded)
    if (!needed.ok) return needed
    const reads = await Promise.all(
      needed.value.map(async (tile) => ({ tile, read: await nodesOf(tile) })),
    )
    const findings = reads.flatMap(({ read }) => (read.ok ? [] : read.findings))
    if (findings.length > 0) return { ok: false, findings }
    const tiles = new Map(
      reads.map(({ tile, read }) => [`${tile.level}/${tile.index}`, read.ok ? read.value : []]),
    )
    return attempt(() =>
      build((nodeLevel, nodeIndex) => {
        const { level, index, height, at } = tileNodeOf(nodeLevel, nodeIndex)
        // A tile of the right width has every node that is asked for; the builder refuses no hash.
        return tiles.get(`${level}/${index}`)?.[height]?.[at] ?? NO_HASH
      }),
    )
  }

  return {
    inclusion: (index, size) =>
      prove(
        () => tilesForInclusion(index, size),
        (nodeAt) => buildInclusionProof(index, size, nodeAt),
      ),
    consistency: (oldSize, newSize) =>
      prove(
        () => tilesForConsistency(oldSize, newSize),
        (nodeAt) => buildConsistencyProof(oldSize, newSize, nodeAt),
      ),
  }
}

const NO_HASH = new Uint8Array()

function nodesOver(hashes: readonly Uint8Array[]): TileNodes {
  const nodes: Uint8Array[][] = []
  extendRange(emptyRange(), hashes, (height, _at, hash) => {
    const row = (nodes[height] ??= [])
    row.push(hash)
  })
  return nodes
}

/** Sizes come from others, so one that is out of range is a finding here. */
function attempt<T>(make: () => T): Parsed<T> {
  try {
    return accepted(make())
  } catch (error) {
    if (!isCatalogError(error)) throw error
    return refused('size-out-of-range', 'proof', error.message)
  }
}
