import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CatalogError } from '../schema/errors.ts'

/** Where the catalog's rows are. */
export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly ownerUrl?: string }

/** The file of the keys that sign the logs, and what their origins begin with where the file does not say. */
export interface LogKeysConfig {
  readonly file: string
  readonly origin: string | undefined
}

/** Where the signer remembers what it signed: outside the catalog's database. */
export type SignerMemoryConfig =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

/** Whose objects a bucket or folder may hold. */
interface BucketScope {
  readonly name: string
  /** Patterns of the namespaces it is open to, `*` for any run of characters; absent: every namespace. */
  readonly namespaces?: readonly string[] | undefined
}

/** A bucket or folder of blobs that the catalog may touch. */
export type BucketConfig =
  | (BucketScope & {
      readonly kind: 'disk'
      readonly folder: string
      /** Where the disk is. */
      readonly region?: string | undefined
    })
  | (BucketScope & {
      readonly kind: 's3'
      readonly bucket: string
      /** What the keys of its objects begin with; empty for the whole bucket. */
      readonly prefix: string
      readonly region?: string | undefined
      readonly endpoint?: string | undefined
      /** Whether the bucket's name is in the path, and not in the host. */
      readonly pathStyle: boolean
      readonly requestChecksums?: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED' | undefined
    })

/** Everything a server is told; no other file reads the process's environment. */
export interface Config {
  /** Folder of the embedded database, the local key and the disk store. */
  readonly dataDirectory: string
  readonly database: DatabaseConfig
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Host names, without port, that requests may name. */
  readonly allowedHosts: readonly string[]
  /** File with issuers and grants; without one, only the local key is trusted. */
  readonly authFile: string | undefined
  /** File of the buckets that the catalog may touch; without one, the folder `blobs` beside the database. */
  readonly bucketsFile: string | undefined
  readonly logKeys: LogKeysConfig
  readonly signerMemory: SignerMemoryConfig
  /** Policy file whose witnesses cosign the logs; without one, nobody is asked. */
  readonly logPolicyFile: string | undefined
  /** Bytes a second that scheduled verification may read; 0 switches it off in this server. */
  readonly verifyBytesPerSecond: number
  /** Folder, or `s3://bucket/prefix`, that a server publishes its logs to. */
  readonly publishFolder: string | undefined
}

export const DEFAULT_PORT = 7420
const DEFAULT_DIRECTORY = '.cairn'
/** A tenth of a gigabit: verification beside work, and not instead of it. */
const DEFAULT_VERIFY_BYTES_PER_SECOND = 12 * 1024 * 1024
const loopback = ['localhost', '127.0.0.1', '[::1]', '::1'] as const

/**
 * Reads the configuration from variables; of files it asks only whether two paths lead to one.
 *
 * @throws {CONFIG_INVALID} a value is not understood, or two contradict each other; the message names them
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const dataDirectory = env['CAIRN_DATA_DIR'] ?? DEFAULT_DIRECTORY
  const database = withOwner(
    parseDatabase(env['CAIRN_DATABASE_URL'], dataDirectory),
    env['CAIRN_DATABASE_OWNER_URL'],
  )
  const host = env['CAIRN_HOST'] ?? '127.0.0.1'
  const authFile = env['CAIRN_AUTH_FILE']
  if (!isLoopback(host) && authFile === undefined) {
    throw invalid(
      `CAIRN_HOST is ${host}, which others can reach, and CAIRN_AUTH_FILE names no issuers: set CAIRN_AUTH_FILE, or keep CAIRN_HOST on 127.0.0.1.`,
    )
  }
  const listed = (env['CAIRN_ALLOWED_HOSTS'] ?? '').split(',').map((name) => name.trim())
  return {
    dataDirectory,
    database,
    host,
    port: parsePort(env['CAIRN_PORT']),
    allowedHosts: [
      ...(isLoopback(host) ? loopback : [host]),
      ...listed.filter((name) => name !== ''),
    ],
    authFile,
    bucketsFile: env['CAIRN_BUCKETS_FILE'] || undefined,
    logKeys: {
      file: env['CAIRN_LOG_KEYS_FILE'] || `${dataDirectory}/log-keys.json`,
      origin: env['CAIRN_LOG_ORIGIN'] || undefined,
    },
    logPolicyFile: env['CAIRN_LOG_POLICY'] || undefined,
    verifyBytesPerSecond: parseRate(env['CAIRN_VERIFY_BYTES_PER_SECOND']),
    publishFolder: env['CAIRN_PUBLISH_FOLDER'] || undefined,
    signerMemory: parseMemory(env['CAIRN_SIGNER_MEMORY'], { dataDirectory, database }),
  }
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return (loopback as readonly string[]).includes(host)
}

function parseDatabase(url: string | undefined, dataDirectory: string): DatabaseConfig {
  if (url === undefined || url === '') {
    return { kind: 'sqlite', file: `${dataDirectory}/catalog.sqlite` }
  }
  if (/^postgres(?:ql)?:\/\//.test(url)) return { kind: 'postgres', url }
  if (url.startsWith('sqlite:')) return { kind: 'sqlite', file: url.slice('sqlite:'.length) }
  throw invalid(
    'CAIRN_DATABASE_URL must begin with postgres:// or sqlite:, or be absent for the embedded database.',
  )
}

/** The owner's URL, for what only an owner may do; a server does not use it. */
function withOwner(database: DatabaseConfig, ownerUrl: string | undefined): DatabaseConfig {
  if (ownerUrl === undefined || ownerUrl === '') return database
  if (database.kind === 'postgres' && /^postgres(?:ql)?:\/\//.test(ownerUrl)) {
    return { ...database, ownerUrl }
  }
  throw invalid(
    'CAIRN_DATABASE_OWNER_URL goes with a CAIRN_DATABASE_URL, and both must begin with postgres://.',
  )
}

/** The parsed database stands beside, because the memory must not be in it. */
function parseMemory(
  place: string | undefined,
  { dataDirectory, database }: Pick<Config, 'dataDirectory' | 'database'>,
): SignerMemoryConfig {
  if (place === undefined || place === '') {
    return { kind: 'sqlite', file: `${dataDirectory}/signer-memory.sqlite` }
  }
  const isShared = /^postgres(?:ql)?:\/\//.test(place)
  if (!isShared && /^\w+:\/\//.test(place)) {
    throw invalid('CAIRN_SIGNER_MEMORY must be a file, or begin with postgres://.')
  }
  const isSame =
    database.kind === 'sqlite' ? sameFile(place, database.file) : sameDatabase(place, database.url)
  if (isSame) {
    throw invalid(
      'CAIRN_SIGNER_MEMORY names the database of CAIRN_DATABASE_URL: an old copy of one brings back the old memory with it, so keep the memory elsewhere.',
    )
  }
  return isShared ? { kind: 'postgres', url: place } : { kind: 'sqlite', file: place }
}

/** Whether two paths lead to one file, however they are written; neither has to be there yet. */
function sameFile(left: string, right: string): boolean {
  const [one, other] = [left, right].map((path) => statSync(path, { throwIfNoEntry: false }))
  if (one !== undefined && other !== undefined)
    return one.dev === other.dev && one.ino === other.ino
  const [place, otherPlace] = [left, right].map((path) => {
    const folder = dirname(resolve(path))
    return join(existsSync(folder) ? realpathSync(folder) : folder, basename(path))
  })
  return place === otherPlace
}

/** Whether two URLs name one database of one server, whoever connects. */
function sameDatabase(left: string, right: string): boolean {
  const [one, other] = [left, right].map((url) => (URL.canParse(url) ? new URL(url) : undefined))
  if (one === undefined || other === undefined) return left === right
  const place = (url: URL): string => [url.hostname, url.port || '5432', url.pathname].join('/')
  return place(one) === place(other)
}

function parsePort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) {
    throw invalid(`CAIRN_PORT is "${text}": give a number from 0 to 65535.`)
  }
  return port
}

function parseRate(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_VERIFY_BYTES_PER_SECOND
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalid(
    `CAIRN_VERIFY_BYTES_PER_SECOND is "${text}": give a whole number of bytes, or 0 for no scheduled verification.`,
  )
}

const invalid = (message: string): CatalogError => new CatalogError('CONFIG_INVALID', message)
