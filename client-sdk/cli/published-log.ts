import { join, resolve } from 'node:path'
import { readBoundedBody } from '../bounded-body.ts'
import { connectionFailure } from '../errors.ts'
import { readBoundedFile } from '../stores/disk-bounded.ts'
import { openTileFolder } from '../stores/tile-folder.ts'
import { openHttpTiles } from '../verify/http-tiles.ts'
import type { TileSource } from '../verify/tile-source.ts'
import type { openTilesInS3 } from './blob-stores.ts'

/** A published log, with the documents beside its tiles. */
export interface PublishedFiles extends TileSource {
  readDocument(digest: string): Promise<Uint8Array | undefined>
}

/** Where publishers put documents, beside the tiles; below it, `sha256/` and 64 hexadecimal digits. */
const DOCUMENTS_PATH = 'documents'
/** Most bytes of a document. */
const DOCUMENT_MAX_BYTES = 8 * 1024 * 1024
/** Deadline of one document in milliseconds: 8 MiB at half a mebibyte a second, and then some. */
const TIMEOUT_MS = 30_000

type ReadDocument = PublishedFiles['readDocument']

/** A log in a folder of published files; `documents` names a folder with more documents. */
export function openPublishedFolder(
  directory: string,
  documents: string | undefined,
): PublishedFiles {
  const read = documentsIn(join(resolve(directory), DOCUMENTS_PATH))
  return { ...openTileFolder({ directory }), readDocument: withMore(read, documents) }
}

/** A log in a bucket of published files; `documents` names a folder with more documents. */
export async function openPublishedBucket(
  opening: ReturnType<typeof openTilesInS3>,
  documents: string | undefined,
): Promise<PublishedFiles> {
  const tiles = await opening
  return { ...tiles, readDocument: withMore((digest) => tiles.readDocument(digest), documents) }
}

/**
 * A log on a site of published files; `documents` names a folder with more documents.
 *
 * @throws {CONFIG_INVALID} the URL is none
 */
export function openPublishedSite(url: string, documents: string | undefined): PublishedFiles {
  const tiles = openHttpTiles({ url })
  const prefix = `${url.replace(/\/+$/, '')}/${DOCUMENTS_PATH}`
  const read: ReadDocument = async (digest) => {
    try {
      const response = await fetch(`${prefix}/${pathOf(digest)}`, {
        redirect: 'manual',
        credentials: 'omit',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (response.ok) return await readBoundedBody(response, DOCUMENT_MAX_BYTES)
      await response.body?.cancel()
      return undefined
    } catch (cause) {
      throw connectionFailure(cause, new URL(prefix).origin).error
    }
  }
  return { ...tiles, readDocument: withMore(read, documents) }
}

function withMore(read: ReadDocument, documents: string | undefined): ReadDocument {
  if (documents === undefined) return read
  const readMore = documentsIn(resolve(documents))
  return async (digest) => (await read(digest)) ?? readMore(digest)
}

function documentsIn(folder: string): ReadDocument {
  return (digest) => readBoundedFile(join(folder, pathOf(digest)), DOCUMENT_MAX_BYTES)
}

/** Digests come from entries that nobody has checked yet: no other path is made of one. */
function pathOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
  return hex === undefined ? 'sha256/none' : `sha256/${hex}`
}
