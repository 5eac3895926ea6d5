import { isHash, isTreeSize, nodeHash } from './merkle.ts'
import { sameBytes } from './same-bytes.ts'

/** Why a proof proves nothing. */
export type ProofFault =
  | 'size-out-of-range'
  | 'index-out-of-range'
  | 'hash-malformed'
  | 'path-too-short'
  | 'path-too-long'
  | 'root-mismatch'
  | 'old-root-mismatch'
  | 'new-root-mismatch'

/** What checking a proof found. */
export type ProofFinding =
  { readonly ok: true } | { readonly ok: false; readonly reason: ProofFault }

/** The claim that a leaf is in a log: index from 0, size in leaves, hashes of 32 bytes. */
export type InclusionClaim = {
  readonly index: number
  readonly size: number
  readonly leafHash: Uint8Array
  readonly path: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** The claim that an older log is a prefix of a newer one: sizes in leaves, hashes of 32 bytes. */
export type ConsistencyClaim = {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly newSize: number
  readonly newRoot: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** On which side of the way up a sibling stands. */
type Side = 'left' | 'right'

/**
 * Checks an inclusion proof; never throws, whatever the claim holds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
 */
export function verifyInclusion(claim: InclusionClaim): ProofFinding {
  const { index, size, leafHash, path, root } = claim
  if (!isTreeSize(size)) return refused('size-out-of-range')
  if (!isTreeSize(index) || index >= size) return refused('index-out-of-range')
  if (!isHash(leafHash) || !isHash(root)) return refused('hash-malformed')
  const sides = siblingSides(index, size - 1)
  const fault = pathFault(path, sides.length)
  if (fault !== undefined) return refused(fault)
  const reached = sides.reduce((hash, side, step) => join(hash, side, path[step] ?? hash), leafHash)
  return sameBytes(reached, root) ? { ok: true } : refused('root-mismatch')
}

/**
 * Checks a consistency proof; never throws, whatever the claim holds.
 *
 * An old size of 0 is refused: everything follows from the empty log, so there is nothing to prove.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2
 */
export function verifyConsistency(claim: ConsistencyClaim): ProofFinding {
  const { oldSize, oldRoot, newSize, newRoot, path } = claim
  if (!isTreeSize(oldSize) || !isTreeSize(newSize)) return refused('size-out-of-range')
  if (oldSize === 0 || oldSize > newSize) return refused('size-out-of-range')
  if (!isHash(oldRoot) || !isHash(newRoot)) return refused('hash-malformed')
  if (oldSize === newSize) {
    const fault = pathFault(path, 0)
    if (fault !== undefined) return refused(fault)
    return sameBytes(oldRoot, newRoot) ? { ok: true } : refused('root-mismatch')
  }
  let index = oldSize - 1
  let last = newSize - 1
  // Up to the root of the last perfect subtree of the old log: the first hash that both logs share.
  while (index % 2 === 1) {
    index = half(index)
    last = half(last)
  }
  const sides = siblingSides(index, last)
  // That subtree is the whole old log if its size is a power of two, and then the path leaves it out.
  const shared = index === 0 ? [oldRoot] : []
  const fault = pathFault(path, sides.length + 1 - shared.length)
  if (fault !== undefined) return refused(fault)
  const [start = oldRoot, ...siblings] = [...shared, ...path]
  let oldHash = start
  let newHash = start
  sides.forEach((side, step) => {
    const sibling = siblings[step] ?? start
    if (side === 'left') oldHash = join(oldHash, side, sibling)
    newHash = join(newHash, side, sibling)
  })
  if (!sameBytes(oldHash, oldRoot)) return refused('old-root-mismatch')
  return sameBytes(newHash, newRoot) ? { ok: true } : refused('new-root-mismatch')
}

/**
 * The side of each sibling on the way from a node to the root, given the last index at its level: as many
 * as a proof must have, at most 53. A node on the right edge without a sibling rises until it has one.
 */
function siblingSides(nodeIndex: number, lastIndex: number): readonly Side[] {
  const sides: Side[] = []
  let index = nodeIndex
  let last = lastIndex
  while (last > 0) {
    const onLeft = index % 2 === 1 || index === last
    sides.push(onLeft ? 'left' : 'right')
    if (onLeft) {
      while (index % 2 === 0 && index > 0) {
        index = half(index)
        last = half(last)
      }
    }
    index = half(index)
    last = half(last)
  }
  return sides
}

function pathFault(path: readonly unknown[], length: number): ProofFault | undefined {
  if (!Array.isArray(path)) return 'hash-malformed'
  if (path.length < length) return 'path-too-short'
  if (path.length > length) return 'path-too-long'
  return path.every(isHash) ? undefined : 'hash-malformed'
}

function join(hash: Uint8Array, side: Side, sibling: Uint8Array): Uint8Array {
  return side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
}

/** Bit operators would cut an index to 32 bits. */
function half(index: number): number {
  return Math.floor(index / 2)
}

function refused(reason: ProofFault): ProofFinding {
  return { ok: false, reason }
}
