import { realpathSync, type Stats } from 'node:fs'
import { constants, lstat, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bucketFeatures, type BucketFindings } from '../../schema/bucket.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { BlobStore, ListedVersion, PinnedObject } from './blob-store.ts'

/** Bytes read at a time. */
const PIECE_BYTES = 256 * 1024

/** An object's version is the SHA-256 of its bytes, and also its name. */
const VERSION = /^[0-9a-f]{64}$/
const SHELF = /^[0-9a-f]{2}$/

/** What the URI of every object in a folder begins with. */
export function uriPrefixOf(folder: string): string {
  return `${pathToFileURL(join(realPathOf(resolve(folder)), 'objects')).href}/`
}

/**
 * Opens a folder that the SDK's disk store writes, `objects/<2 digits>/<64 digits>`. The folder may be missing
 * until the first job has written to it.
 */
export function openDiskBlobStore(directory: string): BlobStore {
  const folder = realPathOf(resolve(directory))
  const objects = join(folder, 'objects')
  const pathOf = ({ uri, versionId }: PinnedObject): string => {
    const wanted = join(objects, versionId.slice(0, 2), versionId)
    if (VERSION.test(versionId) && filePathOf(uri) === wanted) return wanted
    throw new CatalogError(
      'BLOB_NOT_FOUND',
      `${uri} is no object of the disk store ${folder}: only what the store wrote has a version.`,
    )
  }
  /** Nothing can be said of one object while the whole store is away. */
  const failure = async (cause: unknown, object: PinnedObject): Promise<CatalogError> => {
    const isThere = await stat(objects).catch(() => undefined)
    return isAbsent(cause) && isThere !== undefined
      ? notFound(object, cause)
      : storeFailure(cause, folder)
  }
  return {
    stat: async (object, signal) => {
      signal.throwIfAborted()
      const found = await statObject(pathOf(object), (cause) => failure(cause, object))
      if (!found.isFile()) throw notFound(object)
      return {
        sizeBytes: found.size,
        isArchived: false,
        legalHold: false,
        lastModified: found.mtime.toISOString(),
      }
    },
    read: (object, signal) =>
      readPieces(
        () => pathOf(object),
        signal,
        (cause) => failure(cause, object),
      ),
    remove: async (object, signal) => {
      signal.throwIfAborted()
      const path = pathOf(object)
      try {
        await removeFile(path)
        return 'removed'
      } catch (cause) {
        const why = await failure(cause, object)
        if (why.code === 'BLOB_NOT_FOUND') return 'absent'
        throw why
      }
    },
    probe: async () => findings,
    listVersions: (after, signal) =>
      listObjects(objects, { after, signal }, (cause) => storeFailure(cause, folder)),
  }
}

/** What is known without trying: an object's name is its digest, and of the rest a folder has nothing. */
const findings: BucketFindings = {
  versioning: 'enabled',
  features: bucketFeatures.map((feature) =>
    feature === 'versions'
      ? { feature, result: 'proven' }
      : { feature, result: 'refuted', because: 'a folder has no such thing' },
  ),
  lifecycle: [],
  leftovers: 0,
}

type Translate = (cause: unknown) => CatalogError | Promise<CatalogError>

async function statObject(path: string, translate: Translate): Promise<Stats> {
  try {
    return await lstat(path)
  } catch (cause) {
    throw await translate(cause)
  }
}

async function* readPieces(
  locate: () => string,
  signal: AbortSignal,
  translate: Translate,
): AsyncGenerator<Uint8Array> {
  const path = locate()
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (cause) {
    throw await translate(cause)
  }
  try {
    for (;;) {
      signal.throwIfAborted()
      const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
      const { bytesRead } = await handle
        .read(buffer, 0, PIECE_BYTES)
        .catch(async (cause: unknown) => {
          throw await translate(cause)
        })
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

async function removeFile(path: string): Promise<void> {
  await unlink(path)
  if (process.platform === 'win32') return
  // The name is gone for good only when its folder is written.
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function* listObjects(
  objects: string,
  { after = '', signal }: { readonly after: string | undefined; readonly signal: AbortSignal },
  translate: (cause: unknown) => CatalogError,
): AsyncGenerator<ListedVersion> {
  for (const shelf of await namesIn(objects, SHELF, translate)) {
    if (shelf < after.slice(0, 2)) continue
    for (const versionId of await namesIn(join(objects, shelf), VERSION, translate)) {
      signal.throwIfAborted()
      if (versionId <= after) continue
      const path = join(objects, shelf, versionId)
      const found = await lstat(path).catch((cause: unknown) => {
        if (isAbsent(cause)) return undefined
        throw translate(cause)
      })
      if (found?.isFile() !== true) continue
      yield {
        uri: pathToFileURL(path).href,
        versionId,
        sizeBytes: found.size,
        lastModified: found.mtime.toISOString(),
        isDeleteMarker: false,
        marker: versionId,
      }
    }
  }
}

/** The names of a folder's entries that are of a form, in order. */
async function namesIn(
  folder: string,
  form: RegExp,
  translate: (cause: unknown) => CatalogError,
): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw translate(cause)
  })
  return names.filter((name) => form.test(name)).toSorted()
}

/** The path that the SDK's store has for a folder, which may not be there yet. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(realPathOf(parent), basename(path))
  }
}

function filePathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri)
  } catch {
    return undefined
  }
}

function errnoOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
}

const isAbsent = (cause: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errnoOf(cause))

const notFound = ({ uri }: PinnedObject, cause?: unknown): CatalogError =>
  new CatalogError(
    'BLOB_NOT_FOUND',
    `The bytes at ${uri} are gone: use another checkpoint.`,
    cause === undefined ? {} : { cause },
  )

function storeFailure(cause: unknown, folder: string): CatalogError {
  const errno = errnoOf(cause)
  if (['EACCES', 'EPERM', 'EROFS'].includes(errno)) {
    return new CatalogError(
      'BUCKET_ACCESS_DENIED',
      `The catalog may not do this in the disk store ${folder} (${errno}): give its user access to the folder.`,
      { cause, detail: { errno } },
    )
  }
  return new CatalogError(
    'STORE_UNAVAILABLE',
    isAbsent(cause)
      ? `The disk store ${folder} has no folder "objects": mount its disk, or correct the path in CAIRN_BUCKETS_FILE; a job's first write makes it.`
      : `The disk store ${folder} failed (${errno}): look at the disk, then repeat.`,
    { cause, detail: { errno } },
  )
}
