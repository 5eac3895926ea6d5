import { HASH_BYTES, sha256 } from './digest.ts'
import { CatalogError } from './errors.ts'

/**
 * The perfect subtrees that a log of `size` leaves falls into, as the hash of each, largest first.
 *
 * There is one for each bit that is set in `size`: all that is needed to append and to know the root.
 */
export type CompactRange = { readonly size: number; readonly hashes: readonly Uint8Array[] }

/**
 * Told of a finished perfect subtree: the node at `level` and `index` covers the leaves from
 * `index · 2^level` up to but not including `(index + 1) · 2^level`. Level 0 is the leaves.
 */
export type NodeSink = (level: number, index: number, hash: Uint8Array) => void

/** The root of a log without entries: SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0))

/** The domain separators of RFC 6962: no leaf can be passed off as a node, nor a node as a leaf. */
const LEAF_PREFIX = 0x00
const NODE_PREFIX = 0x01

/** The input of every node hash; hashing is synchronous and keeps no reference to it. */
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES)
nodeInput[0] = NODE_PREFIX

/**
 * The Merkle hash of a leaf, which is not the digest of its bytes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 */
export function leafHash(bytes: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + bytes.length)
  input[0] = LEAF_PREFIX
  input.set(bytes, 1)
  return sha256(input)
}

/**
 * The Merkle hash of an inner node.
 *
 * @throws {INVALID_DIGEST} a hash is not 32 bytes long.
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  refuseUnlessHash(left)
  refuseUnlessHash(right)
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + HASH_BYTES)
  return sha256(nodeInput)
}

/** The compact range of a log without entries. */
export function emptyRange(): CompactRange {
  return { size: 0, hashes: [] }
}

/**
 * The range after appending leaves, given as their leaf hashes in order; tells `onNode` every node that
 * this completes, leaves included, each one after the nodes below it.
 *
 * @throws {INVALID_DIGEST} a leaf hash is not 32 bytes long, or the range contradicts itself.
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log would outgrow 2^53 − 1 leaves.
 */
export function extendRange(
  range: CompactRange,
  leafHashes: readonly Uint8Array[],
  onNode?: NodeSink,
): CompactRange {
  refuseUnlessRange(range)
  const size = range.size + leafHashes.length
  refuseUnlessSize(size)
  leafHashes.forEach(refuseUnlessHash)
  const hashes = [...range.hashes]
  leafHashes.forEach((leaf, offset) => {
    let level = 0
    let index = range.size + offset
    let hash = leaf
    onNode?.(level, index, hash)
    while (index % 2 === 1) {
      hash = nodeHash(popHash(hashes), hash)
      level += 1
      index = (index - 1) / 2
      onNode?.(level, index, hash)
    }
    hashes.push(hash)
  })
  return { size, hashes }
}

/**
 * The root hash of the log that a compact range stands for.
 *
 * @throws {INVALID_DIGEST} the range contradicts itself.
 */
export function rootOf(range: CompactRange): Uint8Array {
  refuseUnlessRange(range)
  return foldSubtrees(range.hashes)
}

/**
 * The root over perfect subtrees that stand side by side, largest first.
 *
 * @throws {INVALID_DIGEST} a hash is not 32 bytes long.
 */
export function foldSubtrees(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return EMPTY_ROOT
  return hashes.reduceRight((right, left) => nodeHash(left, right))
}

/**
 * The hashes of a compact range as bytes, 32 each, largest subtree first; the size is kept beside them.
 *
 * @throws {INVALID_DIGEST} the range contradicts itself.
 */
export function serializeRange(range: CompactRange): Uint8Array {
  refuseUnlessRange(range)
  const bytes = new Uint8Array(range.hashes.length * HASH_BYTES)
  range.hashes.forEach((hash, index) => bytes.set(hash, index * HASH_BYTES))
  return bytes
}

/**
 * Reads the compact range of a log of `size` leaves from its bytes.
 *
 * @throws {INVALID_DIGEST} the bytes are not as many as a log of that size has.
 * @throws {LOG_INDEX_OUT_OF_RANGE} the size is no integer from 0 to 2^53 − 1.
 */
export function parseRange(size: number, bytes: Uint8Array): CompactRange {
  refuseUnlessSize(size)
  const count = subtreeCount(size)
  if (bytes.length !== count * HASH_BYTES) {
    throw new CatalogError(
      'INVALID_DIGEST',
      `The compact range of ${size} leaves has ${count} hashes of ${HASH_BYTES} bytes, not ${bytes.length} bytes; rebuild it from the tiles.`,
    )
  }
  const hashes = Array.from({ length: count }, (_, index) =>
    Uint8Array.from(bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
  )
  return { size, hashes }
}

/** Whether a value is a hash: exactly 32 bytes. */
export function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === HASH_BYTES
}

/** Whether a value is a number of leaves: an integer from 0 to 2^53 − 1, beyond which doubles round. */
export function isTreeSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/**
 * Refuses what is no number of leaves.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} it is no integer from 0 to 2^53 − 1.
 */
export function refuseUnlessSize(size: number): void {
  if (isTreeSize(size)) return
  throw new CatalogError(
    'LOG_INDEX_OUT_OF_RANGE',
    `A log has from 0 to ${Number.MAX_SAFE_INTEGER} entries, not ${size}; give the size of its tree head.`,
  )
}

/**
 * Refuses what is no hash.
 *
 * @throws {INVALID_DIGEST} it is not 32 bytes long.
 */
export function refuseUnlessHash(hash: Uint8Array): void {
  if (isHash(hash)) return
  throw new CatalogError(
    'INVALID_DIGEST',
    `A hash in the tree has exactly ${HASH_BYTES} bytes; give the whole SHA-256 hash.`,
  )
}

function refuseUnlessRange(range: CompactRange): void {
  refuseUnlessSize(range.size)
  range.hashes.forEach(refuseUnlessHash)
  const count = subtreeCount(range.size)
  if (range.hashes.length === count) return
  throw new CatalogError(
    'INVALID_DIGEST',
    `The compact range of ${range.size} leaves has ${count} hashes, not ${range.hashes.length}; rebuild it from the tiles.`,
  )
}

/** One perfect subtree for each bit that is set; bit operators would cut the size to 32 bits. */
function subtreeCount(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

/** The subtree to the left of one that just grew as large; a range that was checked always has it. */
function popHash(hashes: Uint8Array[]): Uint8Array {
  const hash = hashes.pop()
  if (hash !== undefined) return hash
  throw new CatalogError('INTERNAL', 'The compact range has no subtree to merge with; report this.')
}
