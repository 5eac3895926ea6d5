import {
  tileHashesCount,
  type EntryTile,
  type HashTile,
} from '../../schema/transparency/tile-coverage.ts'
import { TILE_WIDTH } from '../../schema/transparency/tile-path.ts'

/**
 * The bundles of entries that a log of `to` entries has and that of `from` had not, from the left: those that
 * grew and those that are new, the last with its partial width. Lazy.
 */
export function* grownBundles(from: number, to: number): Generator<EntryTile> {
  for (const place of grownPlaces(from, to)) yield { kind: 'entries', ...place }
}

/** The tiles above the leaves that a log of `to` entries has and that of `from` had not, from the leaves up. */
export function* grownUpperTiles(from: number, to: number): Generator<HashTile> {
  // Ends at level 7 at the latest, of which 2^53 − 1 entries have no hash.
  for (let level = 1; tileHashesCount(level, to) > 0; level += 1) {
    const before = tileHashesCount(level, from)
    for (const place of grownPlaces(before, tileHashesCount(level, to))) {
      yield { kind: 'hashes', level, ...place }
    }
  }
}

function* grownPlaces(
  from: number,
  to: number,
): Generator<{ readonly index: number; readonly width: number }> {
  if (from === to) return
  for (let start = from - (from % TILE_WIDTH); start < to; start += TILE_WIDTH) {
    yield { index: start / TILE_WIDTH, width: Math.min(TILE_WIDTH, to - start) }
  }
}
