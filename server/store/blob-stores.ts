import { CatalogError } from '../../schema/errors.ts'
import { matchesPattern } from '../../schema/grant.ts'
import type { BucketConfig } from '../config.ts'
import type { BlobStore, BlobStores, NamedStore } from './blob-store.ts'
import { openDiskBlobStore, uriPrefixOf } from './disk-blob-store.ts'
import { openS3BlobStore } from './s3-blob-store.ts'

/** A store, what the URIs of its objects begin with, and whose they may be. */
interface PlacedStore extends NamedStore {
  readonly prefix: string
  readonly isOpenTo: (namespace: string) => boolean
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
  const namesFor = (namespace: string): readonly string[] =>
    placed.filter(({ isOpenTo }) => isOpenTo(namespace)).map(({ name }) => name)
  return {
    namesFor,
    find: (uri, namespace) => {
      const found = byPrefix.find(({ prefix }) => uri.startsWith(prefix))
      const shown = uri.slice(0, 200)
      if (found === undefined || hasDots(uri)) {
        throw notAllowed(`${shown} is in no bucket`, namesFor(namespace))
      }
      // Also where a shorter prefix is open: the longer one was made to keep others out.
      if (!found.isOpenTo(namespace)) throw notOpen(shown, namespace, namesFor(namespace))
      return { name: found.name, store: found.store }
    },
    named: (name, namespace) => {
      const found = placed.find((one) => one.name === name)
      if (found === undefined) throw notAllowed(`"${name}" is no bucket`, namesFor(namespace))
      if (!found.isOpenTo(namespace)) throw notOpen(`"${name}"`, namespace, namesFor(namespace))
      return found.store
    },
  }
}

/** Some stores take a name for a path: `open/../closed/x` would lead out of its prefix. */
function hasDots(uri: string): boolean {
  return uri.split('/').some((part) => part === '.' || part === '..')
}

function placeStore(config: BucketConfig): PlacedStore {
  const { name, namespaces } = config
  const isOpenTo = (namespace: string): boolean =>
    namespaces?.some((pattern) => matchesPattern(pattern, namespace)) ?? true
  switch (config.kind) {
    case 'disk':
      return { name, isOpenTo, store: openFolder(config), prefix: uriPrefixOf(config.folder) }
    case 's3': {
      const prefix = `s3://${config.bucket}/${config.prefix}`
      return { name, isOpenTo, store: openS3BlobStore(config), prefix }
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

const notOpen = (what: string, namespace: string, names: readonly string[]): CatalogError =>
  new CatalogError(
    'BUCKET_NOT_ALLOWED',
    `${what} is in a bucket that is not open to the namespace "${namespace}": let its operator add that to "namespaces" of the bucket in CAIRN_BUCKETS_FILE.`,
    { detail: { buckets: names } },
  )
