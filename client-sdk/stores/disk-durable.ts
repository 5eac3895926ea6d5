import { closeSync, fsync, openSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { CatalogError } from '../../schema/errors.ts'

/** What the system answered, such as `ENOSPC`; undefined for an error that is not the system's. */
export function errnoOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined
  return typeof cause.code === 'string' ? cause.code : undefined
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room and repeat',
  EDQUOT: 'the quota is used up: make room and repeat',
  EIO: 'the disk failed: check its health before trusting it again',
  EROFS: 'the file system is read-only: give a folder that can be written',
  EACCES: 'permission was denied: give this user access to the folder',
  EMFILE: 'too many files are open: close some or raise the limit',
}

/** A failure of the disk as a `STORE_FAILED` whose sentence says what to do; `detail.errno` names it. */
export function diskFailure(cause: unknown, what: string): CatalogError {
  const errno = errnoOf(cause)
  const remedy = (errno && remedies[errno]) ?? 'look at the cause and repeat'
  return new CatalogError('STORE_FAILED', `${what} failed (${errno ?? 'unknown'}); ${remedy}.`, {
    cause,
    detail: errno === undefined ? {} : { errno },
  })
}

const synced = promisify(fsync)

/** Makes a folder's names durable: those created, renamed or removed in it. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a folder, and its file systems journal names by themselves.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    await synced(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Makes a folder and those above it that are missing, durably.
 *
 * @param path Absolute and normalized.
 * @param mode Permission bits of what is made; the process's mask applies.
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode })
  if (first === undefined) return
  let made = path
  // Ends at the topmost folder made, at most the depth of the path.
  while (made.length >= first.length) {
    made = dirname(made)
    await syncDirectory(made)
  }
}

/** Writes all the bytes at an offset; a single write may take fewer than it was given. */
export async function writeFully(
  handle: FileHandle,
  bytes: Uint8Array,
  offsetBytes: number,
): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      bytes.length - written,
      offsetBytes + written,
    )
    written += bytesWritten
  }
}

/**
 * Writes a small file so that it is there whole or not at all: temporary name, write, fsync, rename.
 *
 * Only the fsync leaves the thread: a hop to the pool and back takes longer than each of the other calls.
 * The caller makes the new name durable with {@link syncDirectory}.
 */
export async function writeWhole(
  path: string,
  temporaryPath: string,
  bytes: Uint8Array,
): Promise<void> {
  try {
    const descriptor = openSync(temporaryPath, 'wx', 0o600)
    try {
      writeFileSync(descriptor, bytes)
      await synced(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporaryPath, path)
  } catch (cause) {
    await rm(temporaryPath, { force: true }).catch(() => undefined)
    throw cause
  }
}
