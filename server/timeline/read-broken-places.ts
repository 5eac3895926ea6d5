import type { Digest } from '../../schema/digest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import { readEntriesAt } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'

/** Whether a checkpoint lacks blobs in a bucket and region. */
export type IsBroken = (checkpoint: Digest, bucket: string, region: string | undefined) => boolean

/** Where the newest evidence about checkpoints, as of an index, found blobs gone or changed. */
export async function readBrokenPlaces(
  db: Reader,
  namespace: NamespaceName,
  { digests, asOf }: { readonly digests: readonly Digest[]; readonly asOf: LogIndex },
): Promise<IsBroken> {
  const newest = await db
    .selectFrom('evidence')
    .select(({ fn }) => fn.max('log_index').as('index'))
    .where('namespace', '=', namespace)
    .where('checkpoint', 'in', digests)
    .where('log_index', '<=', asOf)
    .groupBy('checkpoint')
    .execute()
  const entries = await readEntriesAt(
    db,
    namespace,
    newest.map((row) => row.index),
  )
  const broken = new Set<string>()
  for (const { bytes } of entries) {
    const entry = parseEntry(bytes)
    if (entry?.kind !== 'evidence.recorded') continue
    for (const { bucket, region, failed } of entry.detail?.places ?? []) {
      if (failed > 0) broken.add(nameOf(entry.subject, bucket, region))
    }
  }
  return (checkpoint, bucket, region) => broken.has(nameOf(checkpoint, bucket, region))
}

const nameOf = (checkpoint: string, bucket: string, region: string | undefined): string =>
  [checkpoint, bucket, region ?? ''].join('\n')
