import { createHash } from 'node:crypto'

/** The name under which manifests record these generators. */
export const GENERATOR_NAME = 'xoshiro128**'

/** Four unsigned 32-bit words, not all zero. */
export type GeneratorState = readonly [number, number, number, number]

/** A source of pseudo-random numbers whose whole state can be saved. */
export interface Generator {
  /** The next number from 0 up to 1, a multiple of 2^-32. */
  unit(): number
  /** The next integer from 0 up to a bound, which is at most 2^32; the bias stays below bound / 2^32. */
  below(bound: number): number
  /** What {@link createGenerator} needs to go on from here. */
  state(): GeneratorState
}

const WORD_COUNT = 4
const WORD_SPAN = 2 ** 32

/** Derives a generator's first state from a seed of any length; another purpose gives another sequence. */
export function seedGenerator(seed: string, purpose: string): GeneratorState {
  const bytes = createHash('sha256').update(`${purpose}\n${seed}`).digest()
  return [
    bytes.readUInt32LE(0),
    bytes.readUInt32LE(4),
    bytes.readUInt32LE(8),
    // A digest of zeros has not been found; the generator would stay at zero forever.
    bytes.readUInt32LE(12) || 1,
  ]
}

/**
 * Goes on from a state.
 *
 * @see https://prng.di.unimi.it/ for xoshiro128**
 */
export function createGenerator(from: GeneratorState): Generator {
  let [a, b, c, d] = from
  const next = (): number => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return scrambled
  }
  return {
    unit: () => next() / WORD_SPAN,
    below: (bound) => Math.floor((next() / WORD_SPAN) * bound),
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  }
}

/** Reads a state that was saved; undefined for what is none. */
export function parseGeneratorState(value: unknown): GeneratorState | undefined {
  if (!Array.isArray(value) || value.length !== WORD_COUNT) return undefined
  const words = value as readonly unknown[]
  const isWord = (word: unknown) => Number.isInteger(word) && Number(word) >>> 0 === word
  if (!words.every(isWord) || words.every((word) => word === 0)) return undefined
  return words as unknown as GeneratorState
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
