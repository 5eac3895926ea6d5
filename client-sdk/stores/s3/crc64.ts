import { Crc64Nvme } from '@aws-sdk/checksums/crc'

/** The polynomial of CRC-64/NVME, reflected. @see https://reveng.sourceforge.io/crc-catalogue/all.htm */
const POLYNOMIAL = 0x9a6c9329ac4bc9b5n

/** In reflected order the highest bit is the coefficient of x^0. */
const ONE = 1n << 63n
const X_TO_THE_8TH = 1n << 55n

/** The CRC-64/NVME of bytes that come in pieces: what S3 computes over a whole object. */
export interface Crc64 {
  update(bytes: Uint8Array): void
  value(): Promise<bigint>
}

/** Begins a CRC-64/NVME; in native code where `@aws-sdk/crc64-nvme-crt` is loaded. */
export function beginCrc64(): Crc64 {
  const crc = new Crc64Nvme()
  return {
    update: (bytes) => crc.update(bytes),
    value: async () => Buffer.from(await crc.digest()).readBigUInt64BE(),
  }
}

/** The CRC of two contents one after the other, from theirs and the second one's length; no byte is read again. */
export function joinCrc64(first: bigint, second: bigint, secondBytes: number): bigint {
  return multiply(powerOfX8(secondBytes), first) ^ second
}

/** As S3 writes it: base64 of the eight bytes. */
export function formatCrc64(value: bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes.toString('base64')
}

/** x^(8·count) modulo the polynomial, by squaring: at most 53 rounds. */
function powerOfX8(count: number): bigint {
  let power = ONE
  let square = X_TO_THE_8TH
  for (let left = BigInt(count); left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) power = multiply(power, square)
    square = multiply(square, square)
  }
  return power
}

/** The product of two polynomials modulo ours. */
function multiply(left: bigint, right: bigint): bigint {
  let product = 0n
  let shifted = right
  for (let bit = ONE; bit > 0n; bit >>= 1n) {
    if ((left & bit) !== 0n) product ^= shifted
    shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n
  }
  return product
}
