import { join, resolve } from 'node:path'
import { fileMaxBytes, type TileSource } from '../verify/tile-source.ts'
import { readBoundedFile } from './disk-bounded.ts'

/**
 * Reads a log from a folder that has its files under their C2SP paths, such as a mirror or an export.
 *
 * Its `read` throws `STORE_FAILED` when the disk fails, `BODY_TOO_LARGE` when a file is larger than such a
 * file can be, and `INVALID_REQUEST` for a path that no log has.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export function openTileFolder(options: { readonly directory: string }): TileSource {
  const directory = resolve(options.directory)
  return {
    // Only paths of the format pass the bound, so none leads out of the folder.
    read: async (path) => {
      const maxBytes = fileMaxBytes(path)
      return readBoundedFile(join(directory, path), maxBytes)
    },
  }
}
