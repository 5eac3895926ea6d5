import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { readManifest } from '../timeline/read-document.ts'
import { readProbes } from '../timeline/read-probes.ts'
import { probeBucket } from './probe-bucket.ts'
import { CATALOG_ACTOR } from './rules.ts'

/** Newest checkpoints whose buckets are looked at: a bucket that is used is used again. */
const LOOKED_AT_MAX_COUNT = 64

/** What came of looking. */
export interface Probed {
  /** The newest index that was looked at: what comes after it is new. */
  readonly upTo: LogIndex
  readonly buckets: readonly string[]
}

/**
 * Probes the buckets that checkpoints registered after an index use, and that nobody has probed for this
 * namespace. Folders are left out: what a disk can do is known.
 *
 * @throws {BUCKET_ACCESS_DENIED | STORE_UNAVAILABLE | STORE_UNSUITABLE} of the first bucket that cannot be probed
 */
export async function probeNewBuckets(
  context: Context,
  namespace: NamespaceName,
  after: LogIndex | undefined,
): Promise<Probed> {
  const { db, blobs } = context
  const rows = await db
    .selectFrom('checkpoint')
    .select(['namespace', 'log_index', 'digest'])
    .where('namespace', '=', namespace)
    .where('log_index', '>', after ?? (-1 as LogIndex))
    .orderBy('log_index', 'desc')
    .limit(LOOKED_AT_MAX_COUNT)
    .execute()
  const used = new Set<string>()
  for (const row of rows) {
    const { shards } = await readManifest(db, row)
    for (const { uri, copies = [] } of shards.flatMap((shard) => shard.blobs)) {
      for (const place of [uri, ...copies.map((copy) => copy.uri)]) {
        const name = place.startsWith('file:') ? undefined : nameOf(blobs, place, namespace)
        if (name !== undefined) used.add(name)
      }
    }
  }
  const known = used.size === 0 ? new Map() : await readProbes(db, namespace)
  const buckets = [...used].filter((bucket) => !known.has(bucket))
  const grants = [{ verbs: ['verify'], on: `${namespace}/*` }] as const
  for (const bucket of buckets) {
    await probeBucket(context, { id: CATALOG_ACTOR, grants }, { namespace, bucket })
  }
  return { upTo: rows[0]?.log_index ?? after ?? (-1 as LogIndex), buckets }
}

function nameOf(
  blobs: Context['blobs'],
  uri: string,
  namespace: NamespaceName,
): string | undefined {
  try {
    return blobs.find(uri, namespace).name
  } catch {
    return undefined
  }
}
