import { crc32 } from 'node:zlib'

/** A checksum that grows with what it is fed. */
export interface RunningCrc {
  update(bytes: Uint8Array): void
  /** Big-endian, as S3 writes it in base64. */
  digest(): Buffer
}

/** Reflected polynomials; all three start from and end with all bits inverted. */
const polynomials = {
  CRC32: { width: 32, polynomial: 0xedb88320n },
  CRC32C: { width: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { width: 64, polynomial: 0x9a6c9329ac4bc9b5n },
} as const

/** A CRC that S3 knows. */
export type CrcName = keyof typeof polynomials

/** Bytes taken at once; eight tables are where more stop being faster. */
const SLICE = 8

/** `tables[k][byte]`: what a byte does to the CRC when k bytes follow it; low and high half of 64 bits. */
function tablesOf(polynomial: bigint): { readonly low: Uint32Array; readonly high: Uint32Array } {
  const low = new Uint32Array(SLICE * 256)
  const high = new Uint32Array(SLICE * 256)
  const first: bigint[] = []
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = BigInt(byte)
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
    first.push(crc)
  }
  for (const [byte, one] of first.entries()) {
    let crc = one
    for (let slice = 0; slice < SLICE; slice += 1) {
      low[slice * 256 + byte] = Number(crc & 0xffffffffn)
      high[slice * 256 + byte] = Number(crc >> 32n)
      crc = (crc >> 8n) ^ (first[Number(crc & 0xffn)] ?? 0n)
    }
  }
  return { low, high }
}

const crc32cTables = tablesOf(polynomials.CRC32C.polynomial)
const crc64Tables = tablesOf(polynomials.CRC64NVME.polynomial)

function running(name: 'CRC32C' | 'CRC64NVME'): RunningCrc {
  const { low, high } = name === 'CRC32C' ? crc32cTables : crc64Tables
  let crcLow = 0xffffffff
  let crcHigh = name === 'CRC32C' ? 0 : 0xffffffff
  const update = (bytes: Uint8Array): void => {
    const whole = bytes.length - (bytes.length % SLICE)
    const view = new DataView(bytes.buffer, bytes.byteOffset, whole)
    for (let at = 0; at < whole; at += SLICE) {
      const one = crcLow ^ view.getUint32(at, true)
      const two = crcHigh ^ view.getUint32(at + 4, true)
      crcLow = eight(low, one, two)
      crcHigh = eight(high, one, two)
    }
    for (const byte of bytes.subarray(whole)) {
      const index = (crcLow ^ byte) & 255
      crcLow = ((crcLow >>> 8) | (crcHigh << 24)) ^ (low[index] ?? 0)
      crcHigh = (crcHigh >>> 8) ^ (high[index] ?? 0)
    }
  }
  const digest = (): Buffer => {
    const words = name === 'CRC32C' ? [~crcLow] : [~crcHigh, ~crcLow]
    const out = Buffer.alloc(words.length * 4)
    for (const [index, word] of words.entries()) out.writeUInt32BE(word >>> 0, index * 4)
    return out
  }
  return { update, digest }
}

/** What eight bytes do, given as two words, of which the first came first. */
function eight(table: Uint32Array, one: number, two: number): number {
  return (
    (table[7 * 256 + (one & 255)] ?? 0) ^
    (table[6 * 256 + ((one >>> 8) & 255)] ?? 0) ^
    (table[5 * 256 + ((one >>> 16) & 255)] ?? 0) ^
    (table[4 * 256 + (one >>> 24)] ?? 0) ^
    (table[3 * 256 + (two & 255)] ?? 0) ^
    (table[2 * 256 + ((two >>> 8) & 255)] ?? 0) ^
    (table[256 + ((two >>> 16) & 255)] ?? 0) ^
    (table[two >>> 24] ?? 0)
  )
}

/** A new CRC, of nothing so far. */
export function startCrc(name: CrcName): RunningCrc {
  if (name !== 'CRC32') return running(name)
  let crc = 0
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc)
    },
    digest: () => {
      const out = Buffer.alloc(4)
      out.writeUInt32BE(crc)
      return out
    },
  }
}

/** The CRC of two pieces in a row, from the CRC of each and the length of the second. */
export function combineCrcs(
  name: CrcName,
  first: Buffer,
  second: Buffer,
  secondBytes: number,
): Buffer {
  const { width, polynomial } = polynomials[name]
  // The operator of one zero bit, squared three times: that of one zero byte.
  let operator = [polynomial, ...Array.from({ length: width - 1 }, (_, bit) => 1n << BigInt(bit))]
  for (let round = 0; round < 3; round += 1) operator = square(operator)
  let crc = BigInt(`0x${first.toString('hex')}`)
  for (let rest = secondBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = apply(operator, crc)
    operator = square(operator)
  }
  crc ^= BigInt(`0x${second.toString('hex')}`)
  return Buffer.from(crc.toString(16).padStart(width / 4, '0'), 'hex')
}

function apply(operator: readonly bigint[], vector: bigint): bigint {
  let sum = 0n
  for (const [bit, row] of operator.entries()) if ((vector >> BigInt(bit)) & 1n) sum ^= row
  return sum
}

function square(operator: readonly bigint[]): bigint[] {
  return operator.map((row) => apply(operator, row))
}
