import { accepted, refused, type Parsed } from './finding.ts'

/** The path of the signed tree head, which C2SP calls a checkpoint. */
export const HEAD_PATH = 'checkpoint'

/** Hashes in a full tile, and entries in a full bundle: 256. */
export const TILE_WIDTH = 256

/** Levels of the binary tree that one tile spans: 2^8 = 256. */
export const TILE_HEIGHT = 8

/** Highest level that the format knows; a log of up to 2^53 − 1 entries has tiles at levels 0 to 6. */
const LEVEL_MAX = 63

/** Longest path in characters: `tile/entries/`, six groups of up to 5 and `.p/255`; foreign text is cut here. */
const PATH_MAX_LENGTH = 64

/** A resource of a tiled log: `width` of 1 to 256 hashes or entries, 256 if it is full; `index` from 0. */
export type TilePath =
  | {
      readonly kind: 'hashes'
      readonly level: number
      readonly index: number
      readonly width: number
    }
  | { readonly kind: 'entries'; readonly index: number; readonly width: number }

const GRAMMAR =
  /^tile\/(?<level>entries|0|[1-9]\d?)\/(?<groups>(?:x\d{3}\/)*)(?<last>\d{3})(?:\.p\/(?<width>[1-9]\d{0,2}))?$/

/**
 * Reads the path of a tile or an entry bundle, such as `tile/0/x001/x234/067.p/8`; never throws.
 *
 * Each resource has one spelling, so a superfluous leading group `x000` is refused; so is an index over
 * 2^53 − 1, which no log of ours has.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export function parseTilePath(text: string): Parsed<TilePath> {
  const { level, groups, last, width } =
    (text.length <= PATH_MAX_LENGTH ? GRAMMAR.exec(text)?.groups : undefined) ?? {}
  if (level === undefined || groups === undefined || last === undefined) {
    return refusedPath('it is not tile/<level>/<index> or tile/entries/<index>')
  }
  if (level !== 'entries' && Number(level) > LEVEL_MAX) {
    return refusedPath(`its level is over ${LEVEL_MAX}`)
  }
  if (groups.startsWith('x000/')) return refusedPath('its index has a superfluous leading group')
  const index = Number(groups.replaceAll(/[x/]/g, '') + last)
  if (!Number.isSafeInteger(index)) return refusedPath('its index is over 2^53 − 1')
  if (Number(width ?? 1) >= TILE_WIDTH) {
    return refusedPath(`its partial width is over ${TILE_WIDTH - 1}`)
  }
  const place = { index, width: Number(width ?? TILE_WIDTH) }
  return accepted(
    level === 'entries'
      ? { kind: 'entries', ...place }
      : { kind: 'hashes', level: Number(level), ...place },
  )
}

/**
 * Writes the path of a tile or an entry bundle, relative to the log's prefix.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export function formatTilePath(tile: TilePath): string {
  const digits = String(tile.index)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  const groups = padded.replaceAll(/\d{3}(?!$)/g, 'x$&/')
  const partial = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`
  return `tile/${tile.kind === 'entries' ? 'entries' : tile.level}/${groups}${partial}`
}

function refusedPath(what: string): Parsed<never> {
  return refused(
    'tile-path-malformed',
    'path',
    `This is no path of a tile: ${what}; write it as in tile/0/x001/x234/067.p/8.`,
  )
}
