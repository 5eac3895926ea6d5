import { createHash } from 'node:crypto'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BlobReference } from '../api.ts'
import type { BlobContent, BlobStore, PutOptions } from '../blob-store.ts'
import { abortable } from './abortable.ts'
import { checkBlobName } from './blob-name.ts'
import { diskFailure, makeDirectory, syncDirectory, writeFully } from './disk-durable.ts'
import { hashFile, objectPathOf, openDiskReader } from './disk-reader.ts'
import { checkKnown } from './known-content.ts'
import { removeLeftovers, temporaryName } from './disk-temporary.ts'

/** Objects are never written again, and the file system says so too. */
const OBJECT_MODE = 0o444

/** Bytes that are on disk under a temporary name, not yet under their digest. */
interface Staged {
  readonly path: string
  readonly hex: string
  readonly sizeBytes: number
}

/**
 * Opens a folder as a store of blobs, and makes it if it is missing.
 *
 * Bytes lie once under their digest, `objects/<2 digits>/<64 digits>`, read-only; the digits are the version
 * id, so a version can never be other bytes. A put resolves when the bytes and their name are durable, and a
 * repeat of it writes nothing new. What a crash left half written is removed on opening.
 *
 * @throws {STORE_FAILED} the folder cannot be made or read
 */
export async function openDiskStore(options: { readonly directory: string }): Promise<BlobStore> {
  const path = resolve(options.directory)
  try {
    for (const folder of ['objects', 'tmp']) await makeDirectory(join(path, folder))
    // One URI an object, also when the folder is reached through a link.
    const directory = await realpath(path)
    await removeLeftovers(join(directory, 'tmp'), Date.now())
    const reader = openDiskReader({ directory })
    return {
      ...reader,
      put: (name, content, how) => put(directory, { name, content }, how),
    }
  } catch (cause) {
    throw diskFailure(cause, `Opening the blob store ${path}`)
  }
}

async function put(
  directory: string,
  { name, content }: { readonly name: string; readonly content: BlobContent },
  { known, signal }: PutOptions = {},
): Promise<BlobReference> {
  checkBlobName(name)
  if (content instanceof Uint8Array) {
    const hex = createHash('sha256').update(content).digest('hex')
    checkKnown(name, known, { sizeBytes: content.length, digest: `sha256:${hex}` })
    if (!(await isKept(directory, hex, content.length))) {
      await keep(directory, await stage(directory, name, [content]))
    }
    return referenceTo(directory, name, { hex, sizeBytes: content.length })
  }
  const staged = await stage(directory, name, signal ? abortable(content, signal) : content)
  try {
    checkKnown(name, known, { sizeBytes: staged.sizeBytes, digest: `sha256:${staged.hex}` })
  } catch (error) {
    await rm(staged.path, { force: true })
    throw error
  }
  await keep(directory, staged)
  return referenceTo(directory, name, staged)
}

/** Whether the very bytes are there already; rotten ones are not, and are then written anew. */
async function isKept(directory: string, hex: string, sizeBytes: number): Promise<boolean> {
  const path = objectPathOf(directory, hex)
  const found = await stat(path).catch(() => undefined)
  if (found?.size !== sizeBytes || (await hashFile(path)) !== hex) return false
  // Another process may have renamed it and not yet made the name durable.
  await syncDirectory(join(path, '..'))
  return true
}

/** Writes content of any length under a temporary name, one piece in memory at a time. */
async function stage(
  directory: string,
  name: string,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Staged> {
  const path = join(directory, 'tmp', temporaryName())
  const attempt = onDisk(`Writing the blob "${name}"`)
  const handle = await attempt(() => open(path, 'wx', 0o600))
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const piece of content) {
      await attempt(() => writeFully(handle, piece, sizeBytes))
      hash.update(piece)
      sizeBytes += piece.length
    }
    await attempt(() => handle.chmod(OBJECT_MODE))
    await attempt(() => handle.sync())
    return { path, hex: hash.digest('hex'), sizeBytes }
  } catch (cause) {
    await rm(path, { force: true }).catch(() => undefined)
    throw cause
  } finally {
    await handle.close()
  }
}

/** Moves staged bytes under their digest; the same bytes over themselves change nothing. */
async function keep(directory: string, staged: Staged): Promise<void> {
  const path = objectPathOf(directory, staged.hex)
  try {
    await makeDirectory(join(path, '..'))
    await rename(staged.path, path)
    await syncDirectory(join(path, '..'))
  } catch (cause) {
    await rm(staged.path, { force: true }).catch(() => undefined)
    throw diskFailure(cause, `Keeping the object ${staged.hex}`)
  }
}

function referenceTo(
  directory: string,
  name: string,
  object: { readonly hex: string; readonly sizeBytes: number },
): BlobReference {
  return {
    name,
    uri: pathToFileURL(objectPathOf(directory, object.hex)).href,
    versionId: object.hex,
    sizeBytes: object.sizeBytes,
    digest: `sha256:${object.hex}`,
  }
}

/** Runs steps on the disk and translates their failures; those of the caller's content pass unchanged. */
function onDisk(what: string): <Result>(step: () => Promise<Result>) => Promise<Result> {
  return async (step) => {
    try {
      return await step()
    } catch (cause) {
      throw diskFailure(cause, what)
    }
  }
}
