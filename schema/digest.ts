import { CatalogError } from './errors.ts'
import { sha256Portable } from './sha256.ts'

declare const digestBrand: unique symbol

/** `sha256:` and 64 lower-case hexadecimal digits: the digest of exact bytes. */
export type Digest = string & { readonly [digestBrand]: true }

/** The length of a SHA-256 hash in bytes: 32. */
export const HASH_BYTES = 32

const PREFIX = 'sha256:'
const GRAMMAR = /^sha256:[0-9a-f]{64}$/

/** An error quotes at most this many characters of foreign text; a digest has 71. */
const MAX_QUOTED_LENGTH = 80

const encoder = new TextEncoder()
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

/** Node's one-shot hash, found without an import that a browser could not resolve. */
const native = globalThis.process?.getBuiltinModule?.('node:crypto')?.hash

/** Whether a value is a {@link Digest}. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && GRAMMAR.test(value)
}

/**
 * Reads a digest from text.
 *
 * @throws {INVALID_DIGEST} the text is not `sha256:` and 64 lower-case hexadecimal digits.
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  const shown = text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text
  throw new CatalogError(
    'INVALID_DIGEST',
    `${JSON.stringify(shown)} is not a digest; write "sha256:" and 64 lower-case hexadecimal digits.`,
  )
}

/** The SHA-256 hash, 32 bytes, of bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  if (native === undefined) return sha256Portable(bytes)
  // One character a byte: Node makes a short string in a third of the time of a Buffer.
  const text = native('sha256', bytes, 'binary')
  const hash = new Uint8Array(HASH_BYTES)
  for (let index = 0; index < HASH_BYTES; index += 1) hash[index] = text.charCodeAt(index)
  return hash
}

/**
 * The digest of bytes, or of the UTF-8 bytes of a text.
 *
 * @throws {NOT_CANONICAL} the text has a lone surrogate, and so no UTF-8 bytes.
 */
export function digestOf(content: Uint8Array | string): Digest {
  if (typeof content === 'string' && !content.isWellFormed()) {
    throw new CatalogError(
      'NOT_CANONICAL',
      'The text has a lone surrogate and so no UTF-8 bytes to digest; make it well-formed Unicode.',
    )
  }
  if (native !== undefined) return parseDigest(PREFIX + native('sha256', content, 'hex'))
  const bytes = typeof content === 'string' ? encoder.encode(content) : content
  return digestFromBytes(sha256Portable(bytes))
}

/**
 * The digest that has these bytes.
 *
 * @throws {INVALID_DIGEST} there are not exactly 32 bytes.
 */
export function digestFromBytes(bytes: Uint8Array): Digest {
  if (bytes.length !== HASH_BYTES) {
    throw new CatalogError(
      'INVALID_DIGEST',
      `A digest has ${HASH_BYTES} bytes and these are ${bytes.length}; give the whole SHA-256 hash.`,
    )
  }
  let text = PREFIX
  for (const byte of bytes) text += hexPairs[byte] ?? ''
  return parseDigest(text)
}
