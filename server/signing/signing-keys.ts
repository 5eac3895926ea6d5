import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
} from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import {
  isKeyName,
  verifierKeyOf,
  type VerifierKey,
} from '../../schema/transparency/verifier-key.ts'

/** A note with more signatures than a hundred is not read, and each key signs every head. */
const KEYS_MAX_COUNT = 16
/** Longest base of origins, in characters: a host name and a path. */
const BASE_MAX_LENGTH = 400

/** One Ed25519 key of the logs. */
export interface LogKey {
  readonly privateKey: KeyObject
  /** The raw public key, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly createdAt: string
  /** When it stopped signing; what it signed before is still good. */
  readonly retiredAt?: string
}

/** The keys that sign the heads of a catalog's logs, and the name that all origins begin with. */
export interface LogKeys {
  readonly base: string
  /** Oldest first. At least one is not retired. */
  readonly keys: readonly LogKey[]
}

/** Where keys are kept, and what the operator wants the origins to begin with. */
export interface LogKeysPlace {
  readonly file: string
  readonly origin: string | undefined
}

/** A key as the file has it. */
interface StoredKey {
  readonly createdAt: string
  readonly retiredAt?: string
  /** PKCS #8 in PEM. */
  readonly privateKey: string
}

/**
 * Reads the keys of a catalog's logs, or makes the first one, in a file that only its owner can read.
 *
 * @throws {CONFIG_INVALID} the file is there and holds no keys, or other origins than are configured
 */
export function openLogKeys({ file, origin }: LogKeysPlace, nowMs: number): LogKeys {
  const keys = readKeys(file) ?? createKeys(file, origin, nowMs)
  if (origin !== undefined && origin !== keys.base) {
    throw invalid(
      `CAIRN_LOG_ORIGIN is "${origin}", and the keys in ${file} sign for "${keys.base}": a log keeps its origin for ever, so set CAIRN_LOG_ORIGIN to that, or name another CAIRN_LOG_KEYS_FILE.`,
    )
  }
  return keys
}

/**
 * Reads the keys of a catalog's logs, and makes none: undefined where there are none yet.
 *
 * @throws {CONFIG_INVALID} the file is there and holds no keys
 */
export function readLogKeys({ file }: Pick<LogKeysPlace, 'file'>): LogKeys | undefined {
  return readKeys(file)
}

/**
 * Adds a key. The older ones go on signing too, so that whoever knows one of them can follow.
 *
 * @throws {CONFIG_INVALID} the file cannot be read, or has as many keys as it may
 */
export function rotateLogKeys(place: LogKeysPlace, nowMs: number): LogKeys {
  const { base, keys } = openLogKeys(place, nowMs)
  if (keys.length >= KEYS_MAX_COUNT) {
    throw invalid(`${place.file} has ${keys.length} keys, which is the most there may be.`)
  }
  return replaceKeys(place.file, { base, keys: [...keys, newKey(nowMs)] })
}

/**
 * Ends the signing of a key, named by the first digits of its public key in hexadecimal.
 *
 * @throws {CONFIG_INVALID} the file cannot be read
 * @throws {INVALID_REQUEST} no key or several are meant, or none would sign any more
 */
export function retireLogKey(place: LogKeysPlace, name: string, nowMs: number): LogKeys {
  const { base, keys } = openLogKeys(place, nowMs)
  const meant = keys.filter((key) => hexOf(key).startsWith(name))
  const [key] = meant
  if (key === undefined || meant.length > 1 || name === '') {
    const names = keys.map((known) => hexOf(known).slice(0, 16)).join(', ')
    throw refused(`"${name}" names ${meant.length} keys; there are ${names}.`)
  }
  if (key.retiredAt !== undefined) return { base, keys }
  if (keys.every((other) => other === key || other.retiredAt !== undefined)) {
    throw refused('No other key signs: run "cairn keys rotate" first, then retire this one.')
  }
  const retired = { ...key, retiredAt: new Date(nowMs).toISOString() }
  return replaceKeys(place.file, {
    base,
    keys: keys.map((other) => (other === key ? retired : other)),
  })
}

/** The origin of a namespace's log, which is also the name of the keys that sign it. */
export function originIn(base: string, namespace: string): string {
  return `${base}/v1/namespaces/${namespace}/log`
}

/** A key as those know it who check the log of an origin. */
export function verifierKeyIn(origin: string, { publicKey }: LogKey): VerifierKey {
  return verifierKeyOf('ed25519', origin, publicKey)
}

/** A raw public key in hexadecimal: how commands name a key. */
export function hexOf({ publicKey }: LogKey): string {
  return Buffer.from(publicKey).toString('hex')
}

function createKeys(file: string, origin: string | undefined, nowMs: number): LogKeys {
  const key = newKey(nowMs)
  const base = origin ?? `cairn-${hash('sha256', key.publicKey).slice(0, 16)}.local`
  if (!isLogBase(base)) {
    throw invalid(
      `CAIRN_LOG_ORIGIN is "${base}": give a URL without scheme and without a slash at its end, such as catalog.example.com.`,
    )
  }
  const temporary = writeTemporary(file, { base, keys: [key] })
  try {
    // A link refuses to replace: two servers that start at once must not each believe in a key of their own.
    linkSync(temporary, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  syncFolder(file)
  return readKeys(file) ?? { base, keys: [key] }
}

function replaceKeys(file: string, keys: LogKeys): LogKeys {
  renameSync(writeTemporary(file, keys), file)
  syncFolder(file)
  return keys
}

function writeTemporary(file: string, { base, keys }: LogKeys): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // One writer a process; what a crashed one of the same number left is nobody's.
  const temporary = `${file}.${process.pid}.new`
  rmSync(temporary, { force: true })
  const stored = keys.map(({ privateKey, createdAt, retiredAt }) => ({
    createdAt,
    ...(retiredAt === undefined ? {} : { retiredAt }),
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }))
  const handle = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(handle, `${JSON.stringify({ base, keys: stored }, null, 2)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  chmodSync(temporary, 0o600)
  return temporary
}

function syncFolder(file: string): void {
  const handle = openSync(dirname(file), 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function newKey(nowMs: number): LogKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    privateKey,
    publicKey: publicKeyOf(privateKey),
    createdAt: new Date(nowMs).toISOString(),
  }
}

function publicKeyOf(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return Uint8Array.from(Buffer.from(x ?? '', 'base64url'))
}

function readKeys(file: string): LogKeys | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw invalid(`${file} cannot be read: give the server's user access to it.`, error)
  }
  try {
    return parseKeys(JSON.parse(text))
  } catch (cause) {
    throw invalid(
      `${file} holds no keys of logs: put back the file that was there. A new key would not be believed by those who know the old one.`,
      cause,
    )
  }
}

function parseKeys(document: unknown): LogKeys {
  const { base, keys } = document as { readonly base: unknown; readonly keys: unknown }
  if (typeof base !== 'string' || !isLogBase(base)) throw new Error('the base is no origin')
  if (!Array.isArray(keys) || keys.length > KEYS_MAX_COUNT) throw new Error('there are no keys')
  const parsed = (keys as readonly StoredKey[]).map(({ createdAt, retiredAt, privateKey: pem }) => {
    const privateKey = createPrivateKey(pem)
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('a key is not Ed25519')
    const publicKey = publicKeyOf(privateKey)
    return { privateKey, publicKey, createdAt, ...(retiredAt === undefined ? {} : { retiredAt }) }
  })
  if (parsed.every((key) => key.retiredAt !== undefined)) throw new Error('no key signs')
  return { base, keys: parsed }
}

function isLogBase(base: string): boolean {
  return base.length <= BASE_MAX_LENGTH && isKeyName(base) && !/^\w+:\/\/|\/$/.test(base)
}

const invalid = (message: string, cause?: unknown): CatalogError =>
  new CatalogError('CONFIG_INVALID', message, cause === undefined ? {} : { cause })

const refused = (message: string): CatalogError => new CatalogError('INVALID_REQUEST', message)
