import { CatalogError } from '../../schema/errors.ts'
import type { BucketConfig } from '../config.ts'
import type { BlobStore, BlobStores, NamedStore } from './blob-store.ts'
import { openDiskBlobStore, uriPrefixOf } from './disk-blob-store.ts'
import { openS3BlobStore } from './s3-blob-store.ts'

/** A store, and what the URIs of its objects begin with. */
interface PlacedStore extends NamedStore {
  readonly prefix: string
}

/**
 * Opens every configured store; none is reached yet.
 *
 * @throws {CONFIG_INVALID} two stores have the same name or place
 */
export function openBlobStores(buckets: readonly BucketConfig[]): BlobStores {
  const placed = buckets.map(placeStore)
  refuseSame(placed, 'name', 'have the same name')
  refuseSame(placed, 'prefix', 'are the same place')
  // Of two prefixes that fit, the longer one is meant.
  const byPrefix = placed.toSorted((left, right) => right.prefix.length - left.prefix.length)
  const names = placed.map(({ name }) => name)
  return {
    names,
    find: (uri) => {
      const found = byPrefix.find(({ prefix }) => uri.startsWith(prefix))
      if (found === undefined) throw notAllowed(`${uri.slice(0, 200)} is in no bucket`, names)
      return { name: found.name, store: found.store }
    },
    named: (name) => {
      const found = placed.find((one) => one.name === name)
      if (found === undefined) throw notAllowed(`"${name}" is no bucket`, names)
      return found.store
    },
  }
}

function placeStore(config: BucketConfig): PlacedStore {
  const { name } = config
  switch (config.kind) {
    case 'disk':
      return { name, store: openFolder(config), prefix: uriPrefixOf(config.folder) }
    case 's3':
      return {
        name,
        store: openS3BlobStore(config),
        prefix: `s3://${config.bucket}/${config.prefix}`,
      }
  }
}

function openFolder({
  folder,
  region,
}: Extract<BucketConfig, { readonly kind: 'disk' }>): BlobStore {
  const store = openDiskBlobStore(folder)
  return region === undefined ? store : { ...store, region }
}

function refuseSame(placed: readonly PlacedStore[], by: 'name' | 'prefix', why: string): void {
  const twice = placed.find((one, place) => placed.findIndex((two) => two[by] === one[by]) < place)
  if (twice === undefined) return
  throw new CatalogError(
    'CONFIG_INVALID',
    `CAIRN_BUCKETS_FILE: two buckets ${why}, "${twice[by]}": name each once.`,
  )
}

const notAllowed = (what: string, names: readonly string[]): CatalogError =>
  new CatalogError(
    'BUCKET_NOT_ALLOWED',
    `${what} that this catalog may touch: let its operator add it to CAIRN_BUCKETS_FILE.`,
    { detail: { buckets: names } },
  )
