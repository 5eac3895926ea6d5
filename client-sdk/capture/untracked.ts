import { createHash } from 'node:crypto'
import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hashFile } from '../stores/disk-reader.ts'

/** Beyond these bounds a job leaves its outputs among its code, and they would be read at every start. */
const FILES_MAX_COUNT = 1_000
const BYTES_MAX = 32 * 1024 * 1024

/**
 * One digest over files that git does not track: their names, sorted, each with the digest of its bytes.
 *
 * @param names As git lists them, below the directory.
 */
export async function hashUntracked(
  directory: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly hex: string } | { readonly reason: string }> {
  if (names.length > FILES_MAX_COUNT) return { reason: 'too many untracked files' }
  const hash = createHash('sha256')
  let sumBytes = 0
  for (const name of names.toSorted()) {
    if (signal.aborted) return { reason: 'time ran out' }
    const path = join(directory, name)
    try {
      const found = await lstat(path)
      sumBytes += found.size
      if (sumBytes > BYTES_MAX) return { reason: 'the untracked files are too large' }
      hash.update(`${name}\0${found.isFile() ? await hashFile(path) : await linkOf(path)}\0`)
    } catch {
      return { reason: 'an untracked file could not be read' }
    }
  }
  return { hex: hash.digest('hex') }
}

/** What else git lists is a link, or the folder of a repository of its own. */
async function linkOf(path: string): Promise<string> {
  return await readlink(path).catch(() => '')
}
