import assert from 'node:assert/strict'
import type { ConsistencyClaim, InclusionClaim } from '../../schema/merkle-check.ts'
import { buildConsistencyProof, buildInclusionProof } from '../../schema/merkle-proof.ts'
import { leafHash, nodeHash, parseRange, rootOf } from '../../schema/merkle.ts'
import { naiveTree } from './naive-tree.ts'

/** Every pair of sizes up to here is compared with the recursive definition: 8,256 proofs of each kind. */
export const MAX_BRUTE_FORCE_SIZE = 128

/** The bytes of hexadecimal digits. */
export const unhex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
/** The entries of the log that proofs are tried on. */
export const leaves = Array.from({ length: MAX_BRUTE_FORCE_SIZE }, (_, index) =>
  new TextEncoder().encode(`entry ${index}`),
)
/** The recursive definition over as many entries, all different. */
export const tree = naiveTree(leaves)

/** A claim that holds, with the proof that ours builds. */
export const inclusionClaim = (index: number, size: number): InclusionClaim => ({
  index,
  size,
  leafHash: tree.nodeAt(0, index),
  path: buildInclusionProof(index, size, tree.nodeAt),
  root: tree.root(0, size),
})

/** A claim that holds, with the proof that ours builds. */
export const consistencyClaim = (oldSize: number, newSize: number): ConsistencyClaim => ({
  oldSize,
  newSize,
  oldRoot: tree.root(0, oldSize),
  newRoot: tree.root(0, newSize),
  path: buildConsistencyProof(oldSize, newSize, tree.nodeAt),
})

/** Sizes around powers of two, and some with many bits: where the walk up the tree differs. */
const sampleSizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 107, 127, 128]
/** Every smaller and larger of the sample sizes. */
export const samplePairs = sampleSizes.flatMap((small) =>
  sampleSizes.filter((large) => small < large).map((large) => [small, large] as const),
)

/** A log in which all entries are alike, so that nodes at any index of any size are known. */
const equalNodes = [leafHash(unhex('00'))]
/** The node at a level of the log of equal entries. */
export function equalNodeAt(level: number): Uint8Array {
  for (let height = equalNodes.length; height <= level; height += 1) {
    const below = equalNodes[height - 1] ?? assert.fail()
    equalNodes.push(nodeHash(below, below))
  }
  return equalNodes[level] ?? assert.fail(`no level ${level}`)
}
/** The root of the log of so many equal entries. */
export function equalRoot(size: number): Uint8Array {
  const bits = size.toString(2)
  const hashes = Array.from(bits, (bit, at) =>
    bit === '1' ? equalNodeAt(bits.length - 1 - at) : new Uint8Array(),
  )
  return rootOf(parseRange(size, Buffer.concat(hashes)))
}

/** A copy of bytes in which one bit is flipped. */
export const flipBit = (bytes: Uint8Array, bit: number) =>
  bytes.map((byte, index) => (index === Math.floor(bit / 8) ? byte ^ (1 << (bit % 8)) : byte))

/** Every way to lose, double or add one hash of a path. */
export const resized = (path: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] => [
  ...path.map((_, at) => path.toSpliced(at, 1)),
  ...path.map((hash, at) => path.toSpliced(at, 0, hash)),
  [...path, new Uint8Array(32)],
  [new Uint8Array(32), ...path],
]

/** What a field of a proof may hold that came from anywhere. */
export const foreignValues: readonly unknown[] = [
  undefined,
  null,
  'abc',
  '5',
  7,
  {},
  [],
  [null],
  ['aa'.repeat(32)],
  [[...new Uint8Array(32)]],
  { length: 3 },
  5n,
  new Uint8Array(32),
]
