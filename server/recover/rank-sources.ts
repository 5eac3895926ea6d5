import type { BlobReference } from '../../schema/blob-reference.ts'
import { isDown, type Unavailable } from '../../schema/constraint.ts'
import type { BlobSource } from '../../schema/recovery-plan.ts'
import { placeOf, type FoundPlace } from '../timeline/blob-place.ts'
import type { BlobStores } from '../store/blob-store.ts'

/** What decides about the order of sources. */
export interface SourceWishes {
  readonly blobs: BlobStores
  readonly unavailable?: Unavailable | undefined
  /** The region in which the restore runs. */
  readonly region?: string | undefined
}

/**
 * Where a blob can be read, best first: in the caller's region, then as the configuration orders its buckets, then
 * as the reference does. Places that are down are left out. Undefined where the blob's own place is the only one.
 */
export function rankSources(
  blob: BlobReference,
  { blobs, unavailable, region: near }: SourceWishes,
): readonly BlobSource[] | undefined {
  const { copies } = blob
  if (copies === undefined) return undefined
  const sources = [blob, ...copies].map((source) => ({ source, place: placeOf(blobs, source) }))
  const order = ({ found }: FoundPlace): number =>
    found === undefined ? blobs.names.length : blobs.names.indexOf(found.name)
  const distance = ({ region }: FoundPlace): number =>
    near === undefined || region === near ? 0 : region === undefined ? 1 : 2
  return sources
    .filter(({ place }) => !isDown(place, unavailable))
    .toSorted(
      ({ place: left }, { place: right }) =>
        distance(left) - distance(right) || order(left) - order(right),
    )
    .map(({ source: { uri, versionId }, place: { found, region } }) => ({
      uri,
      versionId,
      ...(found === undefined ? {} : { bucket: found.name }),
      ...(region === undefined ? {} : { region }),
    }))
}
