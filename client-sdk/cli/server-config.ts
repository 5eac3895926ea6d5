import { resolve } from 'node:path'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { optional } from './flag.ts'
import { readText } from './flag-values.ts'
import type { Session } from './session.ts'

/** Loads the server, which only the commands need that run on its machine: it takes longer than they do. */
export async function loadServer() {
  return await import('../../server/main.ts')
}

/** What of the server a command may call. */
export type Server = Awaited<ReturnType<typeof loadServer>>

/** What a server on this machine is told. */
export type ServerConfig = ReturnType<Server['parseConfig']>

/** The flag that names the folder of a catalog on this machine. */
export const dataDirectory = optional(
  { usage: '--data-dir <folder>', summary: 'folder of the catalog; default .cairn' },
  readText,
)

/** Flags that go before the variables of the same meaning. */
export interface ConfigFlags {
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly dataDirectory?: string | undefined
}

/**
 * The configuration of a server on this machine.
 *
 * @throws {CONFIG_INVALID} a variable is not understood, or two contradict each other
 */
export async function configOf(session: Session, flags: ConfigFlags): Promise<ServerConfig> {
  const { parseConfig } = await loadServer()
  const { port, host, dataDirectory: folder } = flags
  return parseConfig({
    ...session.variables,
    ...(port === undefined ? {} : { CAIRN_PORT: String(port) }),
    ...(host === undefined ? {} : { CAIRN_HOST: host }),
    ...(folder === undefined ? {} : { CAIRN_DATA_DIR: folder }),
  })
}

/** What keeps a server from starting, as a sentence; what is one already stays as it is. */
export function explainFailure(error: unknown, config: ServerConfig): unknown {
  if (isCatalogError(error)) {
    // The memory is a place of its own, which the error names.
    const isDatabase = error.detail['place'] !== 'signer-memory'
    return error.code === 'STORAGE_UNAVAILABLE' && isDatabase
      ? databaseFailure(error.cause, config)
      : error
  }
  if (!(error instanceof Error) || !('code' in error)) return error
  const syscall = 'syscall' in error ? error.syscall : undefined
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    const sentence = listenSentence(String(error.code), config)
    if (sentence !== undefined) {
      return new CatalogError('CONFIG_INVALID', sentence, { cause: error })
    }
  }
  if (config.database.kind === 'postgres' && !isAboutFiles(syscall)) {
    return databaseFailure(error, config)
  }
  if (syscall === undefined) return error
  return new CatalogError(
    'CONFIG_INVALID',
    `The data folder ${resolve(config.dataDirectory)} cannot be used (${String(error.code)}): give another --data-dir.`,
    { cause: error },
  )
}

function listenSentence(code: string, { host, port }: ServerConfig): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use: stop what listens there, or give another --port.`
    case 'EACCES':
      return `This user may not listen on port ${port} of ${host}: give a --port above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine: give another --host.`
    default:
      return undefined
  }
}

function isAboutFiles(syscall: unknown): boolean {
  return syscall === 'open' || syscall === 'mkdir' || syscall === 'write'
}

function databaseFailure(cause: unknown, { database }: ServerConfig): CatalogError {
  const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  const sentence =
    database.kind === 'sqlite'
      ? `The database ${resolve(database.file)} cannot be used${why}: check the file and its folder.`
      : `The database of CAIRN_DATABASE_URL cannot be used${why}: check that it runs and that the URL is right.`
  return new CatalogError('STORAGE_UNAVAILABLE', sentence, { cause })
}
