import { link, mkdtemp, open, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import { translateFailure } from './failure.ts'
import { openSnapshotHandle } from './open-snapshot.ts'

/** Pages copied before others get a turn: 2 MiB, some milliseconds. */
const STEP_PAGES = 1024

/** How far a backup is. */
export interface BackupProgress {
  readonly copiedBytes: number
  readonly sizeBytes: number
}

/**
 * Copies a SQLite database to a new file while others read and write it: its state when the copy began,
 * durable and there whole or not at all.
 *
 * @throws {CONFIG_INVALID} there is a file of that name, or no folder for it
 * @throws {STORAGE_FULL | STORAGE_UNAVAILABLE}
 */
export async function backupSqlite(
  file: string,
  copy: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<BackupProgress> {
  const target = resolve(copy)
  // Its transaction holds one state: else each write of others would make the copy begin anew.
  const handle = openSnapshotHandle(file)
  let folder: string | undefined
  try {
    folder = await mkdtemp(`${target}.partial-`)
    const partial = join(folder, 'copy')
    const pageBytes = Number(handle.pragma('page_size', { simple: true }))
    const { totalPages } = await handle.backup(partial, {
      progress: (state) => {
        onProgress({
          copiedBytes: (state.totalPages - state.remainingPages) * pageBytes,
          sizeBytes: state.totalPages * pageBytes,
        })
        return STEP_PAGES
      },
    })
    await syncPath(partial)
    // A link, unlike a rename, refuses a name that is taken.
    await link(partial, target)
    await syncPath(dirname(target))
    const sizeBytes = totalPages * pageBytes
    return { copiedBytes: sizeBytes, sizeBytes }
  } catch (error) {
    throw explain(error, target)
  } finally {
    handle.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function explain(error: unknown, target: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EEXIST') {
    const message = `There is a file ${target} already: name another.`
    return new CatalogError('CONFIG_INVALID', message, { cause: error })
  }
  if (code === 'ENOENT') {
    const message = `There is no folder for ${target}: make it first.`
    return new CatalogError('CONFIG_INVALID', message, { cause: error })
  }
  return translateFailure(error)
}
