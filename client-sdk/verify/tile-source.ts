import { HASH_BYTES } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { BUNDLE_MAX_BYTES } from '../../schema/transparency/entry-bundle.ts'
import { MAX_NOTE_BYTES } from '../../schema/transparency/signed-note.ts'
import { HEAD_PATH, parseTilePath, TILE_WIDTH } from '../../schema/transparency/tile-path.ts'

/**
 * Where a log's files are read: the signed tree head at `checkpoint`, tiles and entry bundles at `tile/…`.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export interface TileSource {
  /** The bytes at a path relative to the log's prefix, undefined if there are none; it throws when it cannot tell. */
  read(path: string): Promise<Uint8Array | undefined>
}

/** Bytes of a full tile. */
const TILE_MAX_BYTES = TILE_WIDTH * HASH_BYTES

/**
 * Most bytes that a file of a log can have.
 *
 * @throws {INVALID_REQUEST} a log has no file at this path, so no source reads it
 */
export function fileMaxBytes(path: string): number {
  if (path === HEAD_PATH) return MAX_NOTE_BYTES
  const tile = parseTilePath(path)
  if (tile.ok) return tile.value.kind === 'entries' ? BUNDLE_MAX_BYTES : TILE_MAX_BYTES
  throw new CatalogError(
    'INVALID_REQUEST',
    'A log has no file at this path; ask for "checkpoint" or for a tile by its path.',
  )
}
