import { CatalogError } from '../errors.ts'
import { accepted, refused, type Parsed } from './finding.ts'
import { TILE_WIDTH } from './tile-path.ts'

/** Bytes of the big-endian length before each entry. */
const LENGTH_BYTES = 2

/** Most bytes of an entry: all that the length can say. */
export const ENTRY_MAX_BYTES = 0xffff

/** Most bytes of one entry bundle: 256 entries of 65,535 bytes, each after its length. */
export const BUNDLE_MAX_BYTES = TILE_WIDTH * (LENGTH_BYTES + ENTRY_MAX_BYTES)

/**
 * Writes 1 to 256 entries, each of at most 65,535 bytes, as one entry bundle.
 *
 * @throws {BATCH_TOO_LARGE} there are no entries or more than 256
 * @throws {DOCUMENT_TOO_LARGE} an entry is longer than 65,535 bytes
 * @see https://c2sp.org/tlog-tiles
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || entries.length > TILE_WIDTH) {
    throw new CatalogError(
      'BATCH_TOO_LARGE',
      `An entry bundle has 1 to ${TILE_WIDTH} entries, not ${entries.length}; split them.`,
    )
  }
  const sizeBytes = entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.length, 0)
  const bundle = new Uint8Array(sizeBytes)
  const view = new DataView(bundle.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > ENTRY_MAX_BYTES) {
      throw new CatalogError(
        'DOCUMENT_TOO_LARGE',
        `An entry has at most ${ENTRY_MAX_BYTES} bytes, not ${entry.length}; put the rest into a document.`,
      )
    }
    view.setUint16(at, entry.length)
    bundle.set(entry, at + LENGTH_BYTES)
    at += LENGTH_BYTES + entry.length
  }
  return bundle
}

/**
 * Reads a bundle of exactly `count` entries, as views into its bytes; never throws.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export function decodeEntryBundle(
  bundle: Uint8Array,
  count: number,
): Parsed<readonly Uint8Array[]> {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bundle.length) {
    if (entries.length === count) {
      return refusedBundle(at, `it goes on after its ${count} entries`)
    }
    if (at + LENGTH_BYTES > bundle.length) return refusedBundle(at, 'it ends within a length')
    const start = at + LENGTH_BYTES
    const end = start + view.getUint16(at)
    if (end > bundle.length) {
      return refusedBundle(at, `this entry is said to end at byte ${end} of ${bundle.length}`)
    }
    entries.push(bundle.subarray(start, end))
    at = end
  }
  if (entries.length === count) return accepted(entries)
  return refusedBundle(at, `it ends after ${entries.length} of ${count} entries`)
}

function refusedBundle(at: number, what: string): Parsed<never> {
  return refused(
    'bundle-malformed',
    `byte ${at}`,
    `The entry bundle cannot be read: ${what}; fetch it again or from another copy.`,
  )
}
