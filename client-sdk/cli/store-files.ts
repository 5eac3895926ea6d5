import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { BlobReference } from '../api.ts'
import type { BlobStore } from '../blob-store.ts'
import { hashFile } from '../stores/disk-reader.ts'
import type { KnownContent } from '../stores/known-content.ts'
import { openProgress } from './progress.ts'
import type { Session } from './session.ts'

/**
 * Puts files into a store, each under its own name without folders, and shows how far it is.
 *
 * @throws {INVALID_REQUEST} two files have the same name
 * @throws {CONFIG_INVALID} a file cannot be read
 */
export async function storeFiles(
  session: Session,
  store: BlobStore,
  paths: readonly string[],
): Promise<readonly BlobReference[]> {
  refuseSameNames(paths)
  const sizes = await Promise.all(paths.map(sizeOf))
  const total = sizes.reduce((sum, sizeBytes) => sum + sizeBytes, 0)
  const progress = openProgress(session, { label: 'storing', unit: 'bytes' })
  let done = 0
  const references: BlobReference[] = []
  try {
    for (const path of paths) {
      const counted = counting(createReadStream(path), (sizeBytes) => {
        done += sizeBytes
        progress.show({ done, total })
      })
      const known = await measure(store, path)
      references.push(await store.put(basename(path), counted, { known }))
    }
    return references
  } finally {
    progress.end()
  }
}

/** A store that is far away finds an interrupted upload again by the digest; reading twice is cheap beside sending. */
async function measure(store: BlobStore, path: string): Promise<KnownContent | undefined> {
  if (store.scheme === 'file') return undefined
  const digest = `sha256:${await hashFile(path)}` as const
  return { sizeBytes: await sizeOf(path), digest }
}

function refuseSameNames(paths: readonly string[]): void {
  const names = paths.map((path) => basename(path))
  const twice = names.find((name, place) => names.indexOf(name) < place)
  if (twice === undefined) return
  throw new CatalogError(
    'INVALID_REQUEST',
    `--file: two files are called "${twice}", and a checkpoint knows them by that name: rename one.`,
  )
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new CatalogError('CONFIG_INVALID', `The file ${path} cannot be read${why}.`, { cause })
  })
  if (found.isFile()) return found.size
  throw new CatalogError('CONFIG_INVALID', `${path} is no file: give files, not folders.`)
}

async function* counting(
  content: AsyncIterable<Uint8Array>,
  onPiece: (sizeBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    yield piece
    onPiece(piece.length)
  }
}
