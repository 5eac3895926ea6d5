import { sha256 } from '../digest.ts'
import { CatalogError } from '../errors.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { accepted, refused, type Parsed } from './finding.ts'

/** What a key signs: any note, or a log's tree head at a time. The value is its type byte. */
export const keyTypes = { ed25519: 0x01, cosignature: 0x04 } as const

/** The length of an Ed25519 public key in bytes: 32. */
export const PUBLIC_KEY_BYTES = 32

/** The longest verifier key that is read: an ML-DSA-44 key has 1,752 characters of base64. */
const MAX_VERIFIER_KEY_CHARACTERS = 8_192

/**
 * A key that signatures are checked with: its name, 32-bit id, type byte and public key.
 *
 * A key of a type that is not checked here is `unsupported`: its signatures are passed over like an
 * unknown key's, and its id is taken as written because the rule for it depends on the type.
 */
export type VerifierKey = {
  readonly kind: keyof typeof keyTypes | 'unsupported'
  readonly name: string
  readonly keyId: number
  readonly type: number
  readonly publicKey: Uint8Array
}

/** Whether a text names a key: not empty, no Unicode space, no plus, no control character. */
export function isKeyName(text: string): boolean {
  return text.isWellFormed() && /^[^+\p{White_Space}\u0000-\u001f]+$/u.test(text)
}

/**
 * The id of a key: the first 4 bytes of a SHA-256 hash, as a number, over its name, a newline, its type
 * byte and its public key.
 *
 * @see https://c2sp.org/signed-note@v1.0.0#signatures
 */
export function keyIdOf(name: string, type: number, publicKey: Uint8Array): number {
  const start = new TextEncoder().encode(`${name}\n`)
  const bytes = new Uint8Array(start.length + 1 + publicKey.length)
  bytes.set(start)
  bytes[start.length] = type
  bytes.set(publicKey, start.length + 1)
  return new DataView(sha256(bytes).buffer).getUint32(0)
}

/**
 * The verifier key of a name and an Ed25519 public key of 32 bytes.
 *
 * @throws {INVALID_NAME} the name is empty or has a space, a plus or a control character.
 * @throws {INVALID_REQUEST} the key does not have 32 bytes.
 */
export function verifierKeyOf(
  kind: keyof typeof keyTypes,
  name: string,
  publicKey: Uint8Array,
): VerifierKey {
  if (!isKeyName(name)) {
    const message =
      'The name of a key is empty or has a space, a plus or a control character; use a URL without scheme.'
    throw new CatalogError('INVALID_NAME', message)
  }
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    const message = `An Ed25519 public key has ${PUBLIC_KEY_BYTES} bytes and this has ${publicKey.length}; give the raw key.`
    throw new CatalogError('INVALID_REQUEST', message)
  }
  const type = keyTypes[kind]
  return { kind, name, keyId: keyIdOf(name, type, publicKey), type, publicKey }
}

/** The text of a verifier key: name, id in hexadecimal, and base64 of type and public key. */
export function formatVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  const hexId = keyId.toString(16).padStart(8, '0')
  return `${name}+${hexId}+${encodeBase64(Uint8Array.of(type, ...publicKey))}`
}

/**
 * Reads a verifier key and checks that its id is the one its content has; `where` names it in findings.
 * Never throws.
 *
 * @see https://c2sp.org/signed-note@v1.0.0#verifier-keys
 */
export function parseVerifierKey(text: string, where = 'verifier key'): Parsed<VerifierKey> {
  if (text.length > MAX_VERIFIER_KEY_CHARACTERS) {
    const message = `It has more than the ${MAX_VERIFIER_KEY_CHARACTERS} characters that are read.`
    return refused('too-large', where, message)
  }
  // Base64 has plusses too, so only the first two part anything.
  const [, name = '', hexId = '', encoded = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? []
  const bytes = decodeBase64(encoded)
  if (!isKeyName(name) || bytes === undefined || bytes.length < 2) {
    const message = 'It is not a name, 8 hexadecimal digits and base64, with a plus between each.'
    return refused('verifier-key-malformed', where, message)
  }
  const [type = 0] = bytes
  const publicKey = bytes.subarray(1)
  const keyId = Number.parseInt(hexId, 16)
  const kind = kindOf(type)
  if (kind === 'unsupported') return accepted({ kind, name, keyId, type, publicKey })
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    const message = `Its public key does not have the ${PUBLIC_KEY_BYTES} bytes of Ed25519.`
    return refused('verifier-key-malformed', where, message)
  }
  if (keyIdOf(name, type, publicKey) !== keyId) {
    const message = 'Its id does not fit its name and key, so one of the three was altered.'
    return refused('verifier-key-malformed', where, message)
  }
  return accepted({ kind, name, keyId, type, publicKey })
}

/** Whether two keys are one: the same name, id, type and public key. */
export function sameVerifierKey(left: VerifierKey, right: VerifierKey): boolean {
  return formatVerifierKey(left) === formatVerifierKey(right)
}

function kindOf(type: number): VerifierKey['kind'] {
  if (type === keyTypes.ed25519) return 'ed25519'
  return type === keyTypes.cosignature ? 'cosignature' : 'unsupported'
}
