import { CatalogError } from '../../schema/errors.ts'
import {
  buildConsistencyProof,
  buildInclusionProof,
  type NodeSource,
} from '../../schema/merkle-proof.ts'
import { EMPTY_ROOT } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { tileHashesCount, tileNodeOf } from '../../schema/transparency/tile-coverage.ts'
import { TILE_WIDTH } from '../../schema/transparency/tile-path.ts'
import { formatTlogProof } from '../../schema/transparency/tlog-proof.ts'
import type { Reader } from '../store/database.ts'
import { readHeadOver, readTile, readTreeHead, type RootedHead } from './read-tiles.ts'
import type { Signer } from '../signing/signer.ts'
import type { Cosignatures, WitnessedHead } from '../cosign/witnessed-head.ts'
import { hasNode, nodeIn, nodesOver, tileCacheOf, type PlacedTile } from './tile-nodes.ts'

/** What receipts are made with. */
export interface Proving {
  readonly db: Reader
  readonly signer: Signer
  readonly cosignatures?: Cosignatures | undefined
  readonly request?: {
    /** Set when a receipt waits for witnesses. */
    readonly witnessing?: AbortSignal
  }
}

/**
 * The inclusion proof of the entry at `index` in the log of its first `size` entries: sibling hashes from the
 * leaf up. Any size is provable.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log has not come to that size, or it has no such index
 */
export async function proveInclusion(
  db: Reader,
  namespace: NamespaceName,
  at: { readonly index: number; readonly size: number },
): Promise<readonly Uint8Array[]> {
  return buildFrom(db, { namespace, size: at.size }, (nodeAt) =>
    buildInclusionProof(at.index, at.size, nodeAt),
  )
}

/**
 * The consistency proof from the log of `from` entries, at least 1, to that of `to`. Any sizes are provable.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} not 0 < `from` ≤ `to`, or the log has not come to `to` entries
 */
export async function proveConsistency(
  db: Reader,
  namespace: NamespaceName,
  between: { readonly from: number; readonly to: number },
): Promise<readonly Uint8Array[]> {
  // Of two equal sizes nothing is read, so that neither would be missed.
  const { from, to } = between
  if (from === to && (await readHeadOver(db, namespace, to - 1)) === undefined) {
    throw beyond(namespace, to)
  }
  return buildFrom(db, { namespace, size: to }, (nodeAt) => buildConsistencyProof(from, to, nodeAt))
}

/**
 * The receipt of an entry as tlog-proof text, at the head of the batch that brought it: the smallest stored
 * size over its index, so that it is the same whenever it is asked for (until the signing keys change). In a
 * request that waits for witnesses, at the first head from there on that has their quorum, cosigned.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log has not come that far
 * @throws {NOT_WITNESSED} the witnesses had their time
 * @throws {LOG_ROLLED_BACK} the database has another log than was signed
 */
export async function proveEntry(
  { db, signer, cosignatures, request }: Proving,
  namespace: NamespaceName,
  index: number,
): Promise<string> {
  if (cosignatures !== undefined && request?.witnessing !== undefined) {
    const { size, signedHead } = await cosignatures.waitFor(
      namespace,
      index + 1,
      request.witnessing,
    )
    const path = await proveInclusion(db, namespace, { index, size })
    return formatTlogProof({ index, path, signedHead })
  }
  const head = await batchHead(db, namespace, index)
  if (head === undefined) throw beyond(namespace, index + 1)
  const path = await proveInclusion(db, namespace, { index, size: head.size })
  return formatTlogProof({ index, path, signedHead: await signer.signStored(namespace, head) })
}

/**
 * The newest tree head and its signed note, with the cosignatures that were collected for it.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {LOG_ROLLED_BACK} the database has another log than was signed
 */
export async function readSignedHead(
  { db, signer, cosignatures }: Proving,
  namespace: NamespaceName,
): Promise<WitnessedHead> {
  const head = await readTreeHead(db, namespace)
  const note = await signer.signStored(namespace, head)
  return { ...head, signedHead: (await cosignatures?.addTo(namespace, note)) ?? note }
}

/** The head of the batch that brought an entry; that of the newest batch is known without asking. */
async function batchHead(
  db: Reader,
  namespace: NamespaceName,
  index: number,
): Promise<RootedHead | undefined> {
  const newest = tileCacheOf(db).newestBatch(namespace)
  if (newest !== undefined && newest.from <= index && index < newest.head.size) return newest.head
  return readHeadOver(db, namespace, index)
}

/** Builds once to see which tiles are missing, and again once they are there. */
async function buildFrom(
  db: Reader,
  { namespace, size }: { readonly namespace: NamespaceName; readonly size: number },
  build: (nodeAt: NodeSource) => readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  const cache = tileCacheOf(db)
  // Few tiles, most of which are asked for several times in a row.
  const found: PlacedTile[] = []
  const missing: { readonly level: number; readonly index: number }[] = []
  const nodeAt: NodeSource = (nodeLevel, nodeIndex) => {
    const { level, index, height, at } = tileNodeOf(nodeLevel, nodeIndex)
    const isHere = (one: { readonly level: number; readonly index: number }): boolean =>
      one.level === level && one.index === index
    let nodes = found.find(isHere)?.nodes
    if (nodes === undefined) {
      nodes = cache.get(namespace, level, index)
      if (nodes !== undefined) found.push({ level, index, nodes })
    }
    if (nodes !== undefined && hasNode(nodes, height, at)) return nodeIn(nodes, height, at)
    if (!missing.some(isHere)) missing.push({ level, index })
    return EMPTY_ROOT
  }
  const proof = build(nodeAt)
  if (missing.length === 0) return proof
  for (const { level, index } of missing) {
    const width = Math.min(TILE_WIDTH, tileHashesCount(level, size) - index * TILE_WIDTH)
    const hashes = await readTile(db, namespace, { kind: 'hashes', level, index, width })
    if (hashes === undefined) throw beyond(namespace, size)
    const nodes = nodesOver(hashes, cache.get(namespace, level, index))
    cache.put(namespace, level, index, nodes)
    found.unshift({ level, index, nodes })
  }
  return build(nodeAt)
}

const beyond = (namespace: string, size: number): CatalogError =>
  new CatalogError(
    'LOG_INDEX_OUT_OF_RANGE',
    `The log of "${namespace}" has not come to ${size} entries: ask for a size up to that of its newest tree head.`,
  )
