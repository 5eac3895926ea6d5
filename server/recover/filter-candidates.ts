import {
  constraintOfManifest,
  constraintOfRow,
  type Constraints,
  type Place,
  type PlaceOf,
} from '../../schema/constraint.ts'
import { placeOf } from '../timeline/blob-place.ts'
import type { BlobStores } from '../store/blob-store.ts'
import type { Filter } from '../timeline/standing.ts'

/** What constraints are seen against. */
export interface Surroundings {
  readonly blobs: BlobStores
  /** The moment at which age is counted. */
  readonly momentMs: number
}

/** Constraints as a filter of candidates; reads no more of them than it needs. */
export function filterCandidates(
  constraints: Constraints,
  { blobs, momentMs }: Surroundings,
): Filter {
  const { formats, unavailable, worldSize } = constraints
  const needsManifest =
    formats !== undefined || unavailable !== undefined || worldSize !== undefined
  const places = rememberPlaces(blobs)
  return {
    byRow: (row, isState) => (isState ? constraintOfRow(row, constraints, momentMs) : undefined),
    byManifest: needsManifest
      ? (manifest, isState) =>
          constraintOfManifest(manifest, constraints, { isState, placeOf: places })
      : undefined,
  }
}

/** Folders of blobs that are remembered: the same few, over and over. */
const PLACES_MAX_COUNT = 1_024

/** Blobs of one folder and region are in one place, which is found once. */
function rememberPlaces(blobs: BlobStores): PlaceOf {
  const known = new Map<string, Place>()
  return (source) => {
    const folder = `${source.region ?? ''} ${source.uri.slice(0, source.uri.lastIndexOf('/') + 1)}`
    const place = known.get(folder) ?? placeOf(blobs, source)
    if (known.size < PLACES_MAX_COUNT) known.set(folder, place)
    return place
  }
}
