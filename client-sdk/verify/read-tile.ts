import { HASH_BYTES } from '../../schema/digest.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { decodeEntryBundle } from '../../schema/transparency/entry-bundle.ts'
import { accepted, refused, type Parsed } from '../../schema/transparency/finding.ts'
import type { EntryTile, HashTile } from '../../schema/transparency/tile-coverage.ts'
import {
  formatTilePath,
  HEAD_PATH,
  TILE_WIDTH,
  type TilePath,
} from '../../schema/transparency/tile-path.ts'
import type { TileSource } from './tile-source.ts'

/** A file of a log that was found: its bytes, and the width that it says it has. */
type Found = { readonly bytes: Uint8Array; readonly width: number }

/** Reads the hashes of a tile, 32 bytes each; what keeps it from being read is a finding. */
export async function readHashTile(
  source: TileSource,
  tile: HashTile,
): Promise<Parsed<readonly Uint8Array[]>> {
  const found = await findTile(source, tile)
  if (!found.ok) return found
  const { bytes, width } = found.value
  if (bytes.length !== width * HASH_BYTES) {
    return refused(
      'tile-malformed',
      formatTilePath({ ...tile, width }),
      `The tile has ${bytes.length} bytes, not ${width * HASH_BYTES}; read it from another copy of the log.`,
    )
  }
  return accepted(
    Array.from({ length: tile.width }, (_, index) =>
      bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
    ),
  )
}

/** Reads the entries of a bundle; what keeps it from being read is a finding. */
export async function readEntryTile(
  source: TileSource,
  tile: EntryTile,
): Promise<Parsed<readonly Uint8Array[]>> {
  const found = await findTile(source, tile)
  if (!found.ok) return found
  const { bytes, width } = found.value
  const decoded = decodeEntryBundle(bytes, width)
  if (decoded.ok) return accepted(decoded.value.slice(0, tile.width))
  const path = formatTilePath({ ...tile, width })
  return {
    ok: false,
    findings: decoded.findings.map((one) => ({ ...one, where: `${path}, ${one.where}` })),
  }
}

/** Reads a log's signed tree head, which it does not check. */
export async function readHead(source: TileSource): Promise<Parsed<Uint8Array>> {
  const read = await readFile(source, HEAD_PATH)
  if (!read.ok) return read
  return read.value === undefined
    ? refused('tile-missing', HEAD_PATH, 'There is no signed tree head: check that this is a log.')
    : accepted(read.value)
}

/** Reads one file of a log; undefined where there is none. */
async function readFile(source: TileSource, path: string): Promise<Parsed<Uint8Array | undefined>> {
  try {
    return accepted(await source.read(path))
  } catch (error) {
    // Any other error may quote anything, a token too.
    const reason = isCatalogError(error) ? error.message : 'The source failed without a reason.'
    return refused('source-failed', path, reason)
  }
}

/** A log may drop a partial tile once the full one is there, and the full one begins with it. */
async function findTile(source: TileSource, tile: TilePath): Promise<Parsed<Found>> {
  const widths = tile.width === TILE_WIDTH ? [TILE_WIDTH] : [tile.width, TILE_WIDTH]
  for (const width of widths) {
    const read = await readFile(source, formatTilePath({ ...tile, width }))
    if (!read.ok) return read
    if (read.value !== undefined) return accepted({ bytes: read.value, width })
  }
  return refused(
    'tile-missing',
    formatTilePath(tile),
    'The log has no such file, although its signed head says so; ask its operator, and keep the head.',
  )
}
