import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CatalogError } from '../../schema/errors.ts'
import type { BlobReference } from '../api.ts'
import type { BlobStore } from '../blob-store.ts'
import { diskFailure, errnoOf } from './disk-durable.ts'

/** Bytes read at a time: large enough that the calls cost little, small enough for many reads at once. */
export const PIECE_BYTES = 256 * 1024

const VERSION = /^[0-9a-f]{64}$/

/** The end of a blob store that only reads. */
export type BlobReader = Pick<BlobStore, 'scheme' | 'read'>

/**
 * Reads what a disk store keeps, without opening the store for writing.
 *
 * Only objects of a disk store are read, found by their version id; a reference to any other path is refused,
 * so that a plan cannot make a job read files of its choice.
 *
 * @param options.directory The store to read from; without it, any disk store's object is read.
 */
export function openDiskReader(options: { readonly directory?: string } = {}): BlobReader {
  const directory = options.directory === undefined ? undefined : resolve(options.directory)
  return {
    scheme: 'file',
    read: (reference, offsetBytes = 0) => readObject(reference, directory, offsetBytes),
  }
}

/** Where a store keeps the object with this hash, 64 hexadecimal digits. */
export function objectPathOf(directory: string, hex: string): string {
  return join(directory, 'objects', hex.slice(0, 2), hex)
}

/** The SHA-256 of a file's bytes, 64 hexadecimal digits; memory stays bounded. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    for await (const piece of piecesOf(handle, 0)) hash.update(piece)
  } finally {
    await handle.close()
  }
  return hash.digest('hex')
}

/** An open file's bytes from an offset to its end, in pieces that the reader may keep. */
export async function* piecesOf(
  handle: FileHandle,
  offsetBytes: number,
): AsyncGenerator<Uint8Array> {
  let position = offsetBytes
  for (;;) {
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
    const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function* readObject(
  reference: BlobReference,
  directory: string | undefined,
  offsetBytes: number,
): AsyncGenerator<Uint8Array> {
  const path = pathOf(reference, directory)
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(
    (cause: unknown) => {
      throw errnoOf(cause) === 'ENOENT' ? notFound(reference, cause) : readFailure(reference, cause)
    },
  )
  try {
    const pieces = piecesOf(handle, offsetBytes)
    for (;;) {
      const piece = await pieces.next().catch((cause: unknown) => {
        throw readFailure(reference, cause)
      })
      if (piece.done === true) return
      yield piece.value
    }
  } finally {
    await handle.close()
  }
}

function pathOf(reference: BlobReference, directory: string | undefined): string {
  const { uri, versionId } = reference
  const path = VERSION.test(versionId) ? filePathOf(uri) : undefined
  const store = directory ?? (path === undefined ? '' : resolve(path, '..', '..', '..'))
  if (path !== undefined && path === objectPathOf(store, versionId)) return path
  throw new CatalogError(
    'BLOB_NOT_FOUND',
    `The blob "${reference.name}" is not an object of ${directory ?? 'a disk store'}: ${uri}; ` +
      'open the store that made the reference.',
  )
}

function filePathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri)
  } catch {
    return undefined
  }
}

function notFound(reference: BlobReference, cause: unknown): CatalogError {
  return new CatalogError(
    'BLOB_NOT_FOUND',
    `The bytes of the blob "${reference.name}" are gone: ${reference.uri}; use a fallback of the plan.`,
    { cause },
  )
}

function readFailure(reference: BlobReference, cause: unknown): CatalogError {
  return diskFailure(cause, `Reading the blob "${reference.name}" at ${reference.uri}`)
}
