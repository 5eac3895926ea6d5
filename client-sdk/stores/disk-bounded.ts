import { open } from 'node:fs/promises'
import { CatalogError } from '../../schema/errors.ts'
import { diskFailure, errnoOf } from './disk-durable.ts'

/** The system's codes for a path at which there is no file. */
const ABSENT: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR']

/**
 * Reads a whole file of at most `maxBytes` bytes; undefined if there is none at the path.
 *
 * @throws {BODY_TOO_LARGE} the file is larger; it is not read
 * @throws {STORE_FAILED} the disk failed
 */
export async function readBoundedFile(
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  try {
    const handle = await open(path, 'r')
    try {
      const found = await handle.stat()
      if (!found.isFile()) return undefined
      if (found.size > maxBytes) throw tooLarge(path, maxBytes)
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (cause instanceof CatalogError) throw cause
    if (ABSENT.includes(errnoOf(cause))) return undefined
    throw diskFailure(cause, `Reading ${path}`)
  }
}

function tooLarge(path: string, maxBytes: number): CatalogError {
  return new CatalogError(
    'BODY_TOO_LARGE',
    `${path} is larger than the ${maxBytes} bytes that such a file can have: find out what it is.`,
  )
}
