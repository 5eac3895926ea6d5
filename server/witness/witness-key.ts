import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { cosignatureMessage, formatCosignature } from '../../schema/transparency/cosignature.ts'
import type { NoteSignature } from '../../schema/transparency/signed-note.ts'
import { verifierKeyOf, type VerifierKey } from '../../schema/transparency/verifier-key.ts'

/** The key of a witness, which makes cosignatures and nothing else. */
export interface WitnessKey {
  readonly verifierKey: VerifierKey
  /** Cosigns the text of a tree head; the time is in whole seconds of the epoch, above 0. */
  cosign(text: string, timeSeconds: number): NoteSignature
}

/**
 * Opens the witness's key in a file, or makes one that only its owner can read.
 *
 * @param name The witness's name, in its key for good; needed when the file is not there yet.
 * @throws {CONFIG_INVALID} the file cannot be read or is no key, or the key of another name; or there is none, and no name
 * @throws {INVALID_NAME} the name cannot name a key
 */
export function openWitnessKey(file: string, name: string | undefined): WitnessKey {
  const found = readKeyFile(file) ?? createKeyFile(file, name)
  const key = parseKey(found, file)
  if (name !== undefined && key.verifierKey.name !== name) {
    throw invalid(
      `The key in ${file} is that of "${key.verifierKey.name}" and not of "${name}": leave out the name, or give another folder.`,
    )
  }
  return key
}

function parseKey(text: string, file: string): WitnessKey {
  try {
    const { name, privateKey } = JSON.parse(text) as { name?: unknown; privateKey?: unknown }
    if (typeof name !== 'string' || typeof privateKey !== 'object') throw new TypeError('no key')
    const secret = createPrivateKey({ key: privateKey as never, format: 'jwk' })
    return keyOf(name, secret)
  } catch (cause) {
    if (isCatalogError(cause)) throw cause
    throw invalid(
      `${file} is not the key of a witness: restore it from a copy, or give another folder and tell every log the new key.`,
      cause,
    )
  }
}

function keyOf(name: string, secret: KeyObject): WitnessKey {
  const { x = '' } = secret.export({ format: 'jwk' })
  const publicKey = Uint8Array.from(Buffer.from(x, 'base64url'))
  const verifierKey = verifierKeyOf('cosignature', name, publicKey)
  return {
    verifierKey,
    cosign: (text, timeSeconds) => {
      const message = cosignatureMessage(text, timeSeconds)
      const signature = Uint8Array.from(sign(null, message, secret))
      return {
        keyName: name,
        keyId: verifierKey.keyId,
        signature: formatCosignature({ timeSeconds, signature }),
      }
    },
  }
}

function readKeyFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw invalid(
      `${file} cannot be read as the key of a witness (${code}): it has to be a file that this user may read.`,
      error,
    )
  }
}

/** Durable before it is used: whoever trusts a key that was lost has a witness that never answers again. */
function createKeyFile(file: string, name: string | undefined): string {
  if (name === undefined) {
    throw invalid(`There is no key in ${file} yet, and a new one needs a name: give it one.`)
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  // A name that cannot be one is refused before anything is written.
  keyOf(name, privateKey)
  const text = JSON.stringify({ name, privateKey: privateKey.export({ format: 'jwk' }) })
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    writeDurably(file, text)
  } catch (error) {
    // Another process was first: there is one key for both.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFileSync(file, 'utf8')
  }
  return text
}

/** There whole or not at all, and never in place of another key. */
function writeDurably(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    const descriptor = openSync(temporary, 'w', 0o600)
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    linkSync(temporary, file)
  } finally {
    rmSync(temporary, { force: true })
  }
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

const invalid = (message: string, cause?: unknown): CatalogError =>
  new CatalogError('CONFIG_INVALID', message, { cause })
