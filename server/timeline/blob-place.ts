import type { Place } from '../../schema/constraint.ts'
import { isCatalogError } from '../../schema/errors.ts'
import type { BlobStores, NamedStore } from '../store/blob-store.ts'
import type { NewestProbe } from './read-probes.ts'

/** What a bucket's name is cut to where only its URI gives it. */
const ORIGIN_MAX_LENGTH = 128
/** Folders of blobs that are remembered: the same few, over and over. */
const PLACES_MAX_COUNT = 1_024

/** Where a source is, and the store that reaches it. */
export interface FoundPlace extends Place {
  /** Undefined where the configuration has none for it. */
  readonly found: NamedStore | undefined
}

/** Where a source is. */
export type FindPlace = (source: {
  readonly uri: string
  readonly region?: string | undefined
}) => FoundPlace

/**
 * Finds where blobs are, as the references, the configuration and the newest probes say it; reaches no network. Blobs
 * of one folder and region are in one place, which is found once.
 */
export function rememberPlaces(
  blobs: BlobStores,
  probes: ReadonlyMap<string, NewestProbe>,
  namespace: string,
): FindPlace {
  const known = new Map<string, FoundPlace>()
  return ({ uri, region: named }) => {
    const folder = `${named ?? ''} ${uri.slice(0, uri.lastIndexOf('/') + 1)}`
    const remembered = known.get(folder)
    if (remembered !== undefined) return remembered
    const found = findStore(blobs, uri, namespace)
    const origin = originOf(uri)
    const bucket = found?.name ?? origin
    const region = named ?? found?.store.region ?? probes.get(bucket)?.findings.region
    const place = { bucket, origin, region, found }
    if (known.size < PLACES_MAX_COUNT) known.set(folder, place)
    return place
  }
}

/** What a URI begins with, such as `s3://bucket`: a name for a place that is not configured. */
export function originOf(uri: string): string {
  return /^[a-z0-9+.-]+:(?:\/\/[^/]*)?/.exec(uri)?.[0].slice(0, ORIGIN_MAX_LENGTH) ?? 'elsewhere'
}

function findStore(blobs: BlobStores, uri: string, namespace: string): NamedStore | undefined {
  try {
    return blobs.find(uri, namespace)
  } catch (error) {
    if (isCatalogError(error)) return undefined
    throw error
  }
}
