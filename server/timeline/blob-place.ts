import type { Place } from '../../schema/constraint.ts'
import { isCatalogError } from '../../schema/errors.ts'
import type { BlobStores, NamedStore } from '../store/blob-store.ts'

/** What a bucket's name is cut to where only its URI gives it. */
const ORIGIN_MAX_LENGTH = 128

/** Where a source is, and the store that reaches it. */
export interface FoundPlace extends Place {
  /** Undefined where the configuration has none for it. */
  readonly found: NamedStore | undefined
}

/** Where a blob's bytes are, as the configuration and the reference say it; reaches no network. */
export function placeOf(
  blobs: BlobStores,
  { uri, region }: { readonly uri: string; readonly region?: string },
): FoundPlace {
  const found = findStore(blobs, uri)
  const origin = originOf(uri)
  return { bucket: found?.name ?? origin, origin, region: region ?? found?.store.region, found }
}

/** What a URI begins with, such as `s3://bucket`: a name for a place that is not configured. */
export function originOf(uri: string): string {
  return /^[a-z0-9+.-]+:(?:\/\/[^/]*)?/.exec(uri)?.[0].slice(0, ORIGIN_MAX_LENGTH) ?? 'elsewhere'
}

function findStore(blobs: BlobStores, uri: string): NamedStore | undefined {
  try {
    return blobs.find(uri)
  } catch (error) {
    if (isCatalogError(error)) return undefined
    throw error
  }
}
