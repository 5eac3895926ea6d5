import { CatalogError } from '../../schema/errors.ts'
import { readBoundedBody } from '../bounded-body.ts'
import { connectionFailure } from '../errors.ts'
import { TokenSource, type Token } from '../token.ts'
import { fileMaxBytes, type TileSource } from './tile-source.ts'

/** Deadline of one read in milliseconds: the largest bundle, 16 MiB, at half a mebibyte a second. */
const TIMEOUT_DEFAULT_MS = 30_000

/** How a log is reached over HTTP. */
export interface HttpTilesOptions {
  /** The log's prefix, such as `https://catalog.example/v1/namespaces/flights/log`. */
  readonly url: string
  /** Left out for a log that anyone may read. */
  readonly token?: Token
  /** Default: the runtime's. */
  readonly fetch?: typeof globalThis.fetch
  /** Deadline of one read in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number
}

/**
 * Reads a log over HTTP: this catalog's, or any that keeps to C2SP tlog-tiles. It does not repeat what fails.
 *
 * Its `read` throws `CONNECTION_FAILED` when there is no answer in time, or one that is neither the file nor
 * 404, and `BODY_TOO_LARGE` when the answer is larger than such a file can be.
 *
 * @throws {CONFIG_INVALID} the URL is none
 * @see https://c2sp.org/tlog-tiles
 */
export function openHttpTiles(options: HttpTilesOptions): TileSource {
  const prefix = parsePrefix(options.url)
  const tokens = options.token === undefined ? undefined : new TokenSource(options.token)
  const { timeoutMs = TIMEOUT_DEFAULT_MS, fetch = (...call) => globalThis.fetch(...call) } = options
  return {
    read: async (path) => {
      const maxBytes = fileMaxBytes(path)
      const token = await tokens?.get()
      try {
        const response = await fetch(prefix + path, {
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
          // A redirect could carry the token to somewhere else.
          redirect: 'manual',
          credentials: 'omit',
          signal: AbortSignal.timeout(timeoutMs),
        })
        if (response.ok) return await readBoundedBody(response, maxBytes)
        await response.body?.cancel()
        if (response.status === 404) return undefined
        throw refusedRead(response.status, path)
      } catch (cause) {
        if (cause instanceof CatalogError) throw cause
        throw connectionFailure(cause, new URL(prefix).origin).error
      }
    },
  }
}

function refusedRead(status: number, path: string): CatalogError {
  return new CatalogError(
    'CONNECTION_FAILED',
    `The log answered with status ${status} to ${path}: check the token and the URL, or repeat later.`,
    { detail: { status } },
  )
}

/** The text is never quoted: it may hold credentials. */
function parsePrefix(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    `${url.username}${url.password}${url.search}${url.hash}` !== ''
  ) {
    throw new CatalogError(
      'CONFIG_INVALID',
      'The log cannot be read: "url" must be an http or https URL without credentials, query and fragment.',
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/`
}
