import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { PlanBlob } from '../api.ts'
import { abortable } from '../stores/abortable.ts'
import { errnoOf, writeFully } from '../stores/disk-durable.ts'
import { hashFile, piecesOf, type BlobReader } from '../stores/disk-reader.ts'
import { partNameOf, quoted } from './blob-path.ts'

/** A read that breaks off is taken up again where it stopped, this often a blob. */
const READS_MAX_COUNT = 4
const PAUSE_MS = 100

/** What fetching one blob needs. */
export interface BlobTask {
  readonly blob: PlanBlob
  /** The folder it goes into, which exists. */
  readonly folder: string
  readonly fileName: string
  readonly reader: BlobReader
  readonly signal: AbortSignal
  /** Hears of bytes that are in place, read anew or found; below zero when some have to go again. */
  readonly onBytes: (count: number, origin: 'fetched' | 'reused') => void
}

/**
 * Brings one blob under its name, checked while it streams; a finished file with the right digest is kept.
 *
 * @throws {BLOB_CORRUPT} the store's bytes are not those of the reference; nothing is left under the name
 * @throws {BLOB_NOT_FOUND} the version is gone
 * @throws {STORE_FAILED} the store or the disk failed; what has arrived is continued by the next restore
 * @throws {ABORTED} the signal fired
 */
export async function fetchBlob(task: BlobTask): Promise<'fetched' | 'reused'> {
  const path = join(task.folder, task.fileName)
  if (await isFinished(path, task.blob)) {
    task.onBytes(task.blob.sizeBytes, 'reused')
    return 'reused'
  }
  // What is there is another content; until the bytes are checked there is nothing under the name.
  await rm(path, { force: true })
  const partPath = join(task.folder, partNameOf(task.blob))
  await removeUnlessFile(partPath)
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
  const handle = await open(partPath, flags)
  try {
    await fill(task, handle)
    await handle.sync()
  } catch (cause) {
    if (isCatalogError(cause) && cause.code === 'BLOB_CORRUPT') await rm(partPath, { force: true })
    throw cause
  } finally {
    await handle.close()
  }
  await rename(partPath, path)
  return 'fetched'
}

/** Fills the part: first what is missing of it and, if that proves wrong, once more from the beginning. */
async function fill(task: BlobTask, handle: FileHandle): Promise<void> {
  const { blob, onBytes } = task
  let part = await resume(task, handle)
  const foundBytes = part.sizeBytes
  if (foundBytes > 0) {
    onBytes(foundBytes, 'reused')
    part = await readRest(task, handle, part)
    if (digestOf(part) === blob.digest) return
    // The part may have been another content, or rotten; the store deserves a fresh look.
    onBytes(foundBytes - part.sizeBytes, 'fetched')
    onBytes(-foundBytes, 'reused')
    await handle.truncate(0)
    part = { hash: createHash('sha256'), sizeBytes: 0 }
  }
  part = await readRest(task, handle, part)
  const digest = digestOf(part)
  if (digest === blob.digest) return
  throw new CatalogError(
    'BLOB_CORRUPT',
    `The bytes of the blob ${quoted(blob.name)} of rank ${blob.rank} have the digest ${digest} and its reference ` +
      `says ${blob.digest}; use a fallback of the plan and report the checkpoint.`,
    { detail: { blob: blob.name, rank: blob.rank, expected: blob.digest, actual: digest } },
  )
}

/** Bytes that are in place, and their hash so far. */
interface Part {
  readonly hash: Hash
  readonly sizeBytes: number
}

/** Hashes what an earlier restore has left; more than the blob has is of no use. */
async function resume(task: BlobTask, handle: FileHandle): Promise<Part> {
  const hash = createHash('sha256')
  const { size } = await handle.stat()
  if (size > task.blob.sizeBytes) {
    await handle.truncate(0)
    return { hash, sizeBytes: 0 }
  }
  for await (const piece of abortable(piecesOf(handle, 0), task.signal)) hash.update(piece)
  return { hash, sizeBytes: size }
}

/** Reads from where the part ends to the blob's end, and takes a broken read up again. */
async function readRest(task: BlobTask, handle: FileHandle, part: Part): Promise<Part> {
  const { blob, signal } = task
  const growing = { hash: part.hash, sizeBytes: part.sizeBytes }
  for (let read = 1; growing.sizeBytes < blob.sizeBytes; read += 1) {
    const failure = await readOn(task, handle, growing)
    if (failure === undefined) continue
    if (!failure.retryable || read >= READS_MAX_COUNT) throw failure
    await delay(PAUSE_MS * 2 ** (read - 1), undefined, { signal }).catch(() => undefined)
  }
  return growing
}

/** One read from the store into the part; gives back why it broke off, and throws when the disk failed. */
async function readOn(
  task: BlobTask,
  handle: FileHandle,
  part: { readonly hash: Hash; sizeBytes: number },
): Promise<CatalogError | undefined> {
  const { blob, reader, signal, onBytes } = task
  const pieces = abortable(reader.read(blob, part.sizeBytes), signal)
  try {
    for (;;) {
      const next = await pieces.next().catch((cause: unknown) => asCatalogError(blob, cause))
      if (next instanceof CatalogError) return next
      if (next.done === true) break
      const piece = next.value
      if (part.sizeBytes + piece.length > blob.sizeBytes) refuseSize(blob, 'more')
      await writeFully(handle, piece, part.sizeBytes)
      part.hash.update(piece)
      part.sizeBytes += piece.length
      onBytes(piece.length, 'fetched')
    }
  } finally {
    await pieces.return(undefined)
  }
  if (part.sizeBytes < blob.sizeBytes) refuseSize(blob, part.sizeBytes)
  return undefined
}

function asCatalogError(blob: PlanBlob, cause: unknown): CatalogError {
  if (isCatalogError(cause)) return cause
  return new CatalogError(
    'STORE_FAILED',
    `Reading the blob ${quoted(blob.name)} at ${blob.uri} failed; restore again to continue where it stopped.`,
    { cause },
  )
}

async function removeUnlessFile(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found !== undefined && !found.isFile()) await rm(path, { force: true })
}

async function isFinished(path: string, blob: PlanBlob): Promise<boolean> {
  try {
    const found = await lstat(path)
    if (found.isDirectory()) {
      throw new CatalogError(
        'CONFIG_INVALID',
        `${path} is a folder where a file belongs; restore into another folder.`,
      )
    }
    // Anything else, a link among it, makes room.
    if (!found.isFile() || found.size !== blob.sizeBytes) return false
    return `sha256:${await hashFile(path)}` === blob.digest
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return false
    throw cause
  }
}

function digestOf(part: Part): string {
  return `sha256:${part.hash.copy().digest('hex')}`
}

function refuseSize(blob: PlanBlob, actual: number | 'more'): never {
  throw new CatalogError(
    'BLOB_CORRUPT',
    `The blob ${quoted(blob.name)} of rank ${blob.rank} has ${actual} bytes and its reference says ` +
      `${blob.sizeBytes}; use a fallback of the plan and report the checkpoint.`,
    { detail: { blob: blob.name, rank: blob.rank, expected: blob.sizeBytes, actual } },
  )
}
