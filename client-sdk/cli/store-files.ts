import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { BlobReference } from '../api.ts'
import type { BlobStore } from '../blob-store.ts'
import { openDiskStore } from '../stores/disk.ts'
import { openProgress } from './progress.ts'
import type { Session } from './session.ts'

const DISK = 'disk:'

/**
 * Opens the store that a text such as `disk:./states` names.
 *
 * @throws {INVALID_REQUEST} there is no such kind of store
 */
export async function openStore(text: string): Promise<BlobStore> {
  const directory = text.startsWith(DISK) ? text.slice(DISK.length) : ''
  if (directory !== '') return await openDiskStore({ directory })
  throw new CatalogError(
    'INVALID_REQUEST',
    '--store: write disk: and a folder, such as disk:./states.',
  )
}

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
      references.push(await store.put(basename(path), counted))
    }
    return references
  } finally {
    progress.end()
  }
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
