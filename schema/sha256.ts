/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const roundConstants = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
])

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
const initialState = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]

const BLOCK_BYTES = 64
const LENGTH_BYTES = 8

/** The message schedule of one block; calls are synchronous and never nest, so one is enough. */
const schedule = new Int32Array(64)

/**
 * SHA-256 in plain JavaScript: the 32-byte hash of bytes where the platform has no synchronous one.
 *
 * A browser's own is asynchronous and slow on small inputs, and auditing a log hashes many of them.
 *
 * @see https://doi.org/10.6028/NIST.FIPS.180-4
 */
export function sha256Portable(bytes: Uint8Array): Uint8Array {
  const state = new Int32Array(initialState)
  const wholeBytes = bytes.length - (bytes.length % BLOCK_BYTES)
  const input = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < wholeBytes; at += BLOCK_BYTES) compress(state, input, at)
  const tail = padded(bytes.subarray(wholeBytes), bytes.length)
  for (let at = 0; at < tail.byteLength; at += BLOCK_BYTES) compress(state, tail, at)
  const digest = new Uint8Array(32)
  const output = new DataView(digest.buffer)
  state.forEach((word, index) => output.setInt32(index * 4, word))
  return digest
}

/** The last bytes of a message, a one bit, zeros, and the message's length in bits: one block or two. */
function padded(rest: Uint8Array, lengthBytes: number): DataView {
  const blocks = rest.length + 1 + LENGTH_BYTES <= BLOCK_BYTES ? 1 : 2
  const tail = new Uint8Array(blocks * BLOCK_BYTES)
  tail.set(rest)
  tail[rest.length] = 0x80
  const view = new DataView(tail.buffer)
  // Eight times the length, split at 32 bits without leaving exact doubles.
  view.setUint32(tail.length - 8, Math.floor(lengthBytes / 2 ** 29))
  view.setUint32(tail.length - 4, (lengthBytes % 2 ** 29) * 8)
  return view
}

function compress(state: Int32Array, input: DataView, at: number): void {
  fillSchedule(input, at)
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < 64; round += 1) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const added = (h + sum1 + choice + at32(roundConstants, round) + at32(schedule, round)) | 0
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + added) | 0
    d = c
    c = b
    b = a
    a = (added + sum0 + majority) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (at32(state, index) + word) | 0
  })
}

function fillSchedule(input: DataView, at: number): void {
  for (let round = 0; round < 16; round += 1) schedule[round] = input.getInt32(at + round * 4)
  for (let round = 16; round < 64; round += 1) {
    const early = at32(schedule, round - 15)
    const late = at32(schedule, round - 2)
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    schedule[round] = (at32(schedule, round - 16) + sigma0 + at32(schedule, round - 7) + sigma1) | 0
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

/** The word at an index that is always in bounds. */
function at32(words: Int32Array, index: number): number {
  return words[index] ?? 0
}
