import { CatalogError } from '../schema/errors.ts'

/** Where the catalog's rows are. */
export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

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
}

export const DEFAULT_PORT = 7420
const DEFAULT_DIRECTORY = '.cairn'
const loopback = ['localhost', '127.0.0.1', '[::1]', '::1'] as const

/**
 * Reads the configuration from variables; pure.
 *
 * @throws {CONFIG_INVALID} a value is not understood, or two contradict each other; the message names them
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const dataDirectory = env['CAIRN_DATA_DIR'] ?? DEFAULT_DIRECTORY
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
    database: parseDatabase(env['CAIRN_DATABASE_URL'], dataDirectory),
    host,
    port: parsePort(env['CAIRN_PORT']),
    allowedHosts: [
      ...(isLoopback(host) ? loopback : [host]),
      ...listed.filter((name) => name !== ''),
    ],
    authFile,
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

function parsePort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) {
    throw invalid(`CAIRN_PORT is "${text}": give a number from 0 to 65535.`)
  }
  return port
}

const invalid = (message: string): CatalogError => new CatalogError('CONFIG_INVALID', message)
