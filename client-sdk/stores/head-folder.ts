import { join, resolve } from 'node:path'
import { digestOf } from '../../schema/digest.ts'
import { MAX_NOTE_BYTES } from '../../schema/transparency/signed-note.ts'
import { formatVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { HeadMemory } from '../verify/head-memory.ts'
import { readBoundedFile } from './disk-bounded.ts'
import { diskFailure, makeDirectory, syncDirectory, writeWhole } from './disk-durable.ts'
import { removeLeftovers, temporaryName } from './disk-temporary.ts'

/**
 * Opens a folder as a lasting memory of signed tree heads, and makes it if it is missing.
 *
 * Each head is a file, there whole or not at all, named by the digest of the log's verifier key; a save
 * resolves when it is durable. Both calls throw `STORE_FAILED` when the disk fails.
 *
 * @throws {STORE_FAILED} the folder cannot be made or read
 */
export async function openHeadFolder(options: { readonly directory: string }): Promise<HeadMemory> {
  const directory = resolve(options.directory)
  try {
    await makeDirectory(directory)
    await removeLeftovers(directory, Date.now())
  } catch (cause) {
    throw diskFailure(cause, `Opening the folder of tree heads ${directory}`)
  }
  return {
    load: (key) => load(pathOf(directory, key)),
    save: (key, signedHead) => save(directory, pathOf(directory, key), signedHead),
  }
}

function pathOf(directory: string, key: VerifierKey): string {
  return join(directory, `${digestOf(formatVerifierKey(key)).slice('sha256:'.length)}.head`)
}

async function load(path: string): Promise<string | undefined> {
  const bytes = await readBoundedFile(path, MAX_NOTE_BYTES)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

async function save(directory: string, path: string, signedHead: string): Promise<void> {
  try {
    await writeWhole(path, join(directory, temporaryName()), new TextEncoder().encode(signedHead))
    await syncDirectory(directory)
  } catch (cause) {
    throw diskFailure(cause, `Keeping the tree head ${path}`)
  }
}
