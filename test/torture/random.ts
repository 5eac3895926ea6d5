import { sha256 } from '../../schema/digest.ts'

/** Numbers from 0 to below 1 that only look random: the same seed gives the same ones, in the same order. */
export function seededRandom(seed: string): () => number {
  let count = 0
  return () => {
    const bytes = sha256(new TextEncoder().encode(`${seed}/${(count += 1)}`))
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32
  }
}
