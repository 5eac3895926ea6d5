import { CatalogError } from '../../schema/errors.ts'
import type { BlobReader } from '../stores/disk-reader.ts'
import { quoted } from './blob-path.ts'

/**
 * Reads one blob by a URL that needs no credentials. No failure tells the URL: whoever has it can read.
 *
 * @throws {CONFIG_INVALID} it is no http or https URL
 */
export function openUrlReader(url: string): BlobReader {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:') {
    throw new CatalogError('CONFIG_INVALID', 'A source of the plan has no http or https URL.')
  }
  return {
    scheme: 'url',
    read: ({ name }, offsetBytes = 0) => readUrl(parsed, { name, offsetBytes }),
  }
}

async function* readUrl(
  url: URL,
  { name, offsetBytes }: { readonly name: string; readonly offsetBytes: number },
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController()
  try {
    const headers = offsetBytes > 0 ? { range: `bytes=${offsetBytes}-` } : undefined
    const response = await fetch(url, { signal: stop.signal, ...(headers ? { headers } : {}) })
    if (!response.ok || response.body === null) throw refusalOf(response.status, name)
    // A server that knows no ranges sends all of it again.
    let toSkip = response.status === 206 ? 0 : offsetBytes
    for await (const piece of response.body) {
      const skipped = Math.min(toSkip, piece.length)
      toSkip -= skipped
      if (skipped < piece.length) yield piece.subarray(skipped)
    }
  } catch (cause) {
    if (cause instanceof CatalogError) throw cause
    // Never with its cause: that one quotes the URL.
    throw new CatalogError(
      'STORE_FAILED',
      `Reading the blob ${quoted(name)} by its URL broke off; restore again to continue where it stopped.`,
    )
  } finally {
    stop.abort()
  }
}

function refusalOf(status: number, name: string): CatalogError {
  if (status === 404 || status === 410) {
    return new CatalogError('BLOB_NOT_FOUND', `The version of the blob ${quoted(name)} is gone.`)
  }
  return new CatalogError(
    'STORE_FAILED',
    `The URL of the blob ${quoted(name)} is answered with ${status}: it may have expired; ask for the plan again.`,
  )
}
