import { constants } from 'node:fs'
import { access, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { CatalogError } from '../../schema/errors.ts'
import { HEAD_PATH } from '../../schema/transparency/tile-path.ts'
import type { PublishedFile, PublishTarget, TileSink } from './tile-sink.ts'

/** Files that are written at once: enough for their fsyncs to share the disk's work. */
const WRITES_MAX_COUNT = 16
/** Neither name can be a namespace's. */
const LOCK_FILE = '.publisher-lock'
const TEMPORARY_FOLDER = '.tmp'

/**
 * Opens a folder that logs are published to, each in a folder of its own, and makes it if it is missing. One
 * process at a time has it open: of two, the slower one could put an older head in place of a newer one.
 *
 * @throws {CONFIG_INVALID} another process publishes to it
 * @throws {STORE_FAILED} it cannot be made or written
 */
export async function openFolderTarget(folder: string): Promise<PublishTarget> {
  const directory = resolve(folder)
  const temporary = join(directory, TEMPORARY_FOLDER)
  await failing(directory, () => makeFolder(directory))
  const lock = lockFolder(directory)
  try {
    // What a process that was killed had not finished.
    await failing(directory, () => rm(temporary, { recursive: true, force: true }))
    await failing(directory, () => makeFolder(temporary))
  } catch (error) {
    lock.close()
    throw error
  }
  return {
    sinkOf: (namespace) => sinkIn(join(directory, namespace), temporary),
    close: () => lock.close(),
  }
}

function sinkIn(directory: string, temporary: string): TileSink {
  let writtenCount = 0
  const write = async ({ path, bytes }: PublishedFile): Promise<void> => {
    const unfinished = join(temporary, String((writtenCount += 1)))
    await withFile(unfinished, 'w', async (handle) => {
      await handle.writeFile(bytes)
      await handle.sync()
    })
    await rename(unfinished, join(directory, path))
  }
  const add: TileSink['add'] = (files) =>
    failing(directory, async () => {
      const folders = new Set(files.map(({ path }) => dirname(join(directory, path))))
      for (const folder of folders) await makeFolder(folder)
      for (let from = 0; from < files.length; from += WRITES_MAX_COUNT) {
        await Promise.all(files.slice(from, from + WRITES_MAX_COUNT).map(write))
      }
      for (const folder of folders) await syncFolder(folder)
    })
  return {
    readHead: (maxBytes) =>
      failing(directory, () => readUpTo(join(directory, HEAD_PATH), maxBytes)),
    replaceHead: async (bytes) => {
      await add([{ path: HEAD_PATH, bytes }])
      // Nobody else writes here: the folder is locked.
      return true
    },
    missing: (paths) =>
      failing(directory, async () => {
        const found = await Promise.all(paths.map((path) => isThere(join(directory, path))))
        return paths.filter((_, place) => found[place] === false)
      }),
    add,
    drop: (paths) =>
      failing(directory, async () => {
        for (const path of paths) await rm(join(directory, path), { recursive: true, force: true })
      }),
  }
}

/** The system lets go of such a lock when the process ends, however it ends. */
function lockFolder(directory: string): BetterSqlite.Database {
  const lock = new BetterSqlite(join(directory, LOCK_FILE), { timeout: 0 })
  try {
    lock.exec('begin exclusive')
    return lock
  } catch (cause) {
    lock.close()
    throw new CatalogError(
      'CONFIG_INVALID',
      `Another process publishes to ${directory}: stop it, or give another folder.`,
      { cause },
    )
  }
}

/** Makes a folder, and the names of all that it makes durable. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  // From the new folder up to the parent of the topmost one, at most the depth of the path.
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at))
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and its file systems journal names by themselves.
  if (process.platform === 'win32') return
  await withFile(path, 'r', (handle) => handle.sync())
}

async function readUpTo(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  if (!(await isThere(path))) return undefined
  return withFile(path, 'r', async (handle) => {
    const { size } = await handle.stat()
    if (size > maxBytes) {
      throw new CatalogError(
        'CONFIG_INVALID',
        `${path} has ${size} bytes, and ${maxBytes} is the most that such a file has: give a folder that only Cairn writes.`,
      )
    }
    return handle.readFile()
  })
}

async function withFile<Result>(
  path: string,
  flags: 'r' | 'w',
  use: (handle: FileHandle) => Promise<Result>,
): Promise<Result> {
  const handle = await open(path, flags)
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function failing<Result>(directory: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
    if (cause instanceof CatalogError || code === undefined) throw cause
    throw new CatalogError(
      'STORE_FAILED',
      `Publishing to ${directory} failed (${code}): see to the disk and the folder; the next pass goes on from what is there.`,
      { cause },
    )
  }
}
