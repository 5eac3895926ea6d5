import { CatalogError } from '../../schema/errors.ts'
import { requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { parseTilePath } from '../../schema/transparency/tile-path.ts'
import type { Context } from '../context.ts'
import { newestIndex } from '../log/read-entries.ts'
import { readEntryBundle, readTile } from '../log/read-tiles.ts'

/**
 * The bytes of a tile of hashes or of an entry bundle, full or as wide as the log allows.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {TILE_NOT_FOUND} the log is not that large
 * @throws {INVALID_REQUEST} it is no path of a tile
 * @throws {FORBIDDEN} entries need `audit` on the whole namespace
 * @see https://c2sp.org/tlog-tiles
 */
export async function getTile(
  { db }: Context,
  principal: Principal,
  { namespace, tile: place }: InputOf<'getTile'>,
): Promise<Uint8Array> {
  const path = `tile/${place}`
  const parsed = parseTilePath(path)
  if (!parsed.ok) {
    const message = parsed.findings.map((finding) => finding.message).join(' ')
    throw new CatalogError('INVALID_REQUEST', message, { detail: { pointer: '/tile' } })
  }
  const tile = parsed.value
  if (tile.kind === 'entries') requireOnNamespace(principal, 'audit', namespace)
  const bytes =
    tile.kind === 'entries'
      ? await readEntryBundle(db, namespace, tile)
      : await readTile(db, namespace, tile)
  if (bytes !== undefined) return bytes
  await newestIndex(db, namespace)
  throw new CatalogError(
    'TILE_NOT_FOUND',
    `The log of "${namespace}" is too small to have ${path}: a tile is there as soon as a signed head counts it.`,
  )
}
