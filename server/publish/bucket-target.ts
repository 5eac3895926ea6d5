import { isProven, type BucketFindings } from '../../schema/bucket.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { MAX_NOTE_BYTES } from '../../schema/transparency/signed-note.ts'
import { HEAD_PATH } from '../../schema/transparency/tile-path.ts'
import type { BlobStores, NamedObject, NamedObjects } from '../store/blob-store.ts'
import type { Reader } from '../store/database.ts'
import { readProbes } from '../timeline/read-probes.ts'
import type { PublishedFile, PublishTarget, TileSink } from './tile-sink.ts'

/** Requests at once: enough to hide a store's answers behind each other. */
const REQUESTS_MAX_COUNT = 8

/** A bucket, and a prefix of characters that mean the same in a key, a URL and a shell. */
const PLACE =
  /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)*\/?$/

/** Where logs are published, and what is known of the bucket. */
export interface BucketTargetOptions {
  /** Such as `s3://public/logs`: each log is below it, under the name of its namespace. */
  readonly uri: string
  readonly blobs: BlobStores
  readonly db: Reader
}

/** A bucket as one log of it is written. */
interface Place {
  readonly objects: NamedObjects
  /** URI that paths are appended to. */
  readonly prefix: string
  readonly findings: BucketFindings | undefined
}

/**
 * Opens a place in a bucket of the configuration that logs are published to; nothing is asked of it yet.
 *
 * What a probe has proven is used: then nothing that is there is replaced but the head, and of several followers
 * one at a time puts it. Elsewhere the head is read again before it is put, which one follower needs only.
 *
 * @throws {CONFIG_INVALID} the URI is none
 */
export function openBucketTarget({ uri, blobs, db }: BucketTargetOptions): PublishTarget {
  if (!PLACE.test(uri)) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `Logs cannot be published to ${JSON.stringify(uri)}: write s3://bucket/prefix, of letters, digits, ".", "_", "~" and "-".`,
    )
  }
  const base = uri.replace(/\/$/, '')
  const ending = new AbortController()
  const open = async (namespace: NamespaceName): Promise<Place> => {
    const prefix = `${base}/${namespace}/`
    const { name, store } = blobs.find(prefix, namespace)
    if (store.named === undefined) throw noBucket(prefix, name)
    return {
      objects: store.named,
      prefix,
      findings: (await readProbes(db, namespace)).get(name)?.findings,
    }
  }
  return {
    sinkOf: (namespace) => {
      let place: Promise<Place> | undefined
      return sinkIn(() => (place ??= open(namespace)), ending.signal)
    },
    close: () => ending.abort(),
  }
}

function sinkIn(open: () => Promise<Place>, signal: AbortSignal): TileSink {
  let head: NamedObject | undefined
  return {
    readHead: async (maxBytes) => {
      const { objects, prefix } = await open()
      head = await objects.read(`${prefix}${HEAD_PATH}`, maxBytes, signal)
      return head?.bytes
    },
    replaceHead: async (bytes) => replaceHead(await open(), { bytes, head, signal }),
    missing: async (paths) => {
      const { objects, prefix } = await open()
      const found = new Set<string>()
      await eachOf(paths, async (path) => {
        if (await objects.has(`${prefix}${path}`, signal)) found.add(path)
      })
      return paths.filter((path) => !found.has(path))
    },
    add: async (files) => {
      const place = await open()
      await eachOf(files, (file) => addFile(place, file, signal))
    },
    drop: async (paths) => {
      const { objects, prefix } = await open()
      await eachOf(paths, (path) => objects.removeBelow(`${prefix}${path}`, signal)).catch(
        unlessKept,
      )
    },
  }
}

/** Puts what never changes; what is there already must be the same. */
async function addFile(
  { objects, prefix, findings }: Place,
  { path, bytes }: PublishedFile,
  signal: AbortSignal,
): Promise<void> {
  const uri = `${prefix}${path}`
  const isConditional = isProven(findings, 'conditional-create')
  const only = isConditional ? ({ only: 'absent' } as const) : {}
  if (await objects.put(uri, bytes, { ...only, isLasting: true, signal })) return
  const there = await objects.read(uri, bytes.length, signal)
  if (there !== undefined && Buffer.from(there.bytes).equals(bytes)) return
  throw new CatalogError(
    'CONFIG_INVALID',
    `${uri} is there with other bytes: another log was published there, or it was altered. Give another place, or find out which.`,
  )
}

/** Puts a head in the place of the one that was read; false where another has taken it meanwhile. */
async function replaceHead(
  { objects, prefix, findings }: Place,
  {
    bytes,
    head,
    signal,
  }: { bytes: Uint8Array; head: NamedObject | undefined; signal: AbortSignal },
): Promise<boolean> {
  const uri = `${prefix}${HEAD_PATH}`
  const how = { isLasting: false, signal }
  if (head === undefined && isProven(findings, 'conditional-create')) {
    return objects.put(uri, bytes, { ...how, only: 'absent' })
  }
  if (head !== undefined && isProven(findings, 'conditional-replace')) {
    return objects.put(uri, bytes, { ...how, only: { tag: head.tag } })
  }
  const now = await objects.read(uri, MAX_NOTE_BYTES, signal)
  if (now?.tag !== head?.tag) return false
  return objects.put(uri, bytes, how)
}

async function eachOf<Item>(
  items: readonly Item[],
  use: (item: Item) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += REQUESTS_MAX_COUNT) {
    await Promise.all(items.slice(from, from + REQUESTS_MAX_COUNT).map(use))
  }
}

/** Partial tiles may stay for good: whoever publishes need not be allowed to remove anything. */
function unlessKept(error: unknown): void {
  if (!isCatalogError(error) || error.code === 'ABORTED') throw error
}

const noBucket = (uri: string, name: string): CatalogError =>
  new CatalogError(
    'CONFIG_INVALID',
    `${uri} is in "${name}", which is no bucket of S3: name a folder by its path.`,
  )
