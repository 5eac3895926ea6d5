import { CatalogError } from './errors.ts'
import { foldSubtrees, isTreeSize, refuseUnlessHash, refuseUnlessSize } from './merkle.ts'

/**
 * Answers the hash of the perfect subtree at `level` and `index`, which covers the leaves from
 * `index · 2^level` up to but not including `(index + 1) · 2^level`. It is asked for subtrees that lie
 * within the log only, at most 110 times a proof.
 */
export type NodeSource = (level: number, index: number) => Uint8Array

/**
 * The proof that the leaf at `index` is in the log of `size` leaves: sibling hashes from the leaf up, at
 * most 53. To know beforehand which nodes it needs, run it with a source that records what it is asked.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log of that size has no such index.
 * @throws {INVALID_DIGEST} `nodeAt` answered with something other than 32 bytes.
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1
 */
export function buildInclusionProof(
  index: number,
  size: number,
  nodeAt: NodeSource,
): readonly Uint8Array[] {
  refuseUnlessSize(size)
  if (!isTreeSize(index) || index >= size) {
    throw new CatalogError(
      'LOG_INDEX_OUT_OF_RANGE',
      `The log of ${size} entries has no index ${index}; ask for one below its size.`,
    )
  }
  const path: Uint8Array[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const split = from + leftWidth(to - from)
    if (index < split) {
      path.push(subtreeHash(split, to, nodeAt))
      to = split
    } else {
      path.push(subtreeHash(from, split, nodeAt))
      from = split
    }
  }
  return path.toReversed()
}

/**
 * The proof that the log of `oldSize` leaves is a prefix of the log of `newSize`: at most 54 hashes, and
 * none if the sizes are equal.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} not 0 < `oldSize` ≤ `newSize`: the empty log is a prefix of every log.
 * @throws {INVALID_DIGEST} `nodeAt` answered with something other than 32 bytes.
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2
 */
export function buildConsistencyProof(
  oldSize: number,
  newSize: number,
  nodeAt: NodeSource,
): readonly Uint8Array[] {
  refuseUnlessSize(newSize)
  if (!isTreeSize(oldSize) || oldSize === 0 || oldSize > newSize) {
    throw new CatalogError(
      'LOG_INDEX_OUT_OF_RANGE',
      `No proof leads from ${oldSize} to ${newSize} entries; ask for an old size from 1 to the new one.`,
    )
  }
  const path: Uint8Array[] = []
  let from = 0
  let to = newSize
  while (to !== oldSize) {
    const split = from + leftWidth(to - from)
    if (oldSize <= split) {
      path.push(subtreeHash(split, to, nodeAt))
      to = split
    } else {
      path.push(subtreeHash(from, split, nodeAt))
      from = split
    }
  }
  // The old log as a whole is left out: the verifier has its root.
  if (from > 0) path.push(subtreeHash(from, to, nodeAt))
  return path.toReversed()
}

/** The largest power of two below a number of leaves over 1; `Math.log2` would round near 2^53. */
function leftWidth(leaves: number): number {
  let width = 1
  while (width * 2 < leaves) width *= 2
  return width
}

/** The Merkle hash over the leaves from `from` to below `to`, where `from` is the left edge of a subtree. */
function subtreeHash(from: number, to: number, nodeAt: NodeSource): Uint8Array {
  const hashes: Uint8Array[] = []
  for (let at = from; at < to;) {
    let level = 0
    let width = 1
    for (; width * 2 <= to - at; width *= 2) level += 1
    const hash = nodeAt(level, at / width)
    refuseUnlessHash(hash)
    hashes.push(hash)
    at += width
  }
  return foldSubtrees(hashes)
}
