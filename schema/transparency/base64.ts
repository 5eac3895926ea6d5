import { HASH_BYTES } from '../digest.ts'
import { accepted, refused, type Parsed } from './finding.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const digitValues: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (digit, value) => [digit, value]),
)

/** Node's own, found without an import that a browser could not resolve. */
const native = globalThis.process?.getBuiltinModule?.('node:buffer')?.Buffer

/**
 * Bytes in standard base64 with padding.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
export function encodeBase64(bytes: Uint8Array): string {
  if (native === undefined) return encodeBase64Portable(bytes)
  return native.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

/** Base64 in plain JavaScript, for where the platform has none: the same text as {@link encodeBase64}. */
export function encodeBase64Portable(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63)
    text += left > 1 ? ALPHABET.charAt((group >> 6) & 63) : '='
    text += left > 2 ? ALPHABET.charAt(group & 63) : '='
  }
  return text
}

/**
 * The bytes of standard base64, or undefined unless the text is exactly what {@link encodeBase64} writes
 * for them: padded, without white space, and with no bit set that belongs to no byte.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-3.5
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const digits = text.replace(/={1,2}$/, '')
  const bytes = new Uint8Array((digits.length * 3) >> 2)
  let pending = 0
  let pendingBits = 0
  let at = 0
  for (const digit of digits) {
    const value = digitValues.get(digit)
    if (value === undefined) return undefined
    pending = (pending << 6) | value
    pendingBits += 6
    if (pendingBits < 8) continue
    pendingBits -= 8
    bytes[at] = pending >> pendingBits
    at += 1
    pending &= (1 << pendingBits) - 1
  }
  return pending === 0 ? bytes : undefined
}

/** Reads a line that is the base64 of one hash: 32 bytes. */
export function parseHashLine(line: string, where: string): Parsed<Uint8Array> {
  const hash = decodeBase64(line)
  return hash?.length === HASH_BYTES
    ? accepted(hash)
    : refused('hash-malformed', where, `It is not the base64 of exactly ${HASH_BYTES} bytes.`)
}
