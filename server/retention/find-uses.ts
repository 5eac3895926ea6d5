import type { Digest } from '../../schema/digest.ts'
import { objectsOf } from '../../schema/manifest-objects.ts'
import type { JobName, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { readManifests } from '../timeline/read-document.ts'
import { readTerms } from './read-terms.ts'

/** What a namespace was known to use, so that a second look reads only what came later. */
export interface SeenUses {
  /** The last checkpoint that was looked at. */
  readonly index: LogIndex
  readonly held: ReadonlySet<Digest>
}

/** What a namespace uses of some objects, and how far that was looked for. */
export interface FoundUses {
  readonly used: ReadonlySet<Digest>
  readonly seen: SeenUses
}

/** Checkpoints that are looked at a time. */
const PAGE_COUNT = 500

/**
 * Which of some objects a namespace still needs: a manifest refers to them that is live, held, or in its grace.
 *
 * There is no table of objects: a registration would have to write a row at a random place for each blob. So this
 * reads the manifests, a page at a time; with `seen`, only of checkpoints registered or held since.
 */
export async function findUses(
  db: Reader,
  namespace: NamespaceName,
  at: {
    readonly wanted: ReadonlySet<Digest>
    readonly nowMs: number
    readonly seen?: SeenUses | undefined
  },
): Promise<FoundUses> {
  const { wanted, nowMs, seen } = at
  const terms = await readTerms(db, namespace, nowMs)
  const used = new Set<Digest>()
  const read = async (indexes: readonly LogIndex[]): Promise<void> => {
    let missingCount = indexes.length
    for await (const { manifest } of readManifests(db, namespace, indexes)) {
      missingCount -= 1
      for (const object of objectsOf(manifest).keys()) if (wanted.has(object)) used.add(object)
    }
    // Documents of a batch are stored at its end; a command that fails so is decided again, alone.
    if (missingCount > 0) throw new Error('a manifest is registered and not yet stored')
  }
  let after = seen?.index ?? (-1 as LogIndex)
  for (;;) {
    const rows = await pageAfter(db, namespace, after)
    const needed: LogIndex[] = []
    for (const { tombstonedAt, ...row } of rows) {
      const isDue = tombstonedAt !== null && (await terms.isDue({ ...row, tombstonedAt }))
      if (!isDue) needed.push(row.log_index)
    }
    await read(needed)
    after = rows.at(-1)?.log_index ?? after
    if (rows.length < PAGE_COUNT) break
  }
  if (seen !== undefined) {
    const newlyHeld = [...terms.held].filter((digest) => !seen.held.has(digest))
    await read(await indexesOf(db, namespace, newlyHeld))
  }
  return { used, seen: { index: after, held: terms.held } }
}

async function pageAfter(
  db: Reader,
  namespace: NamespaceName,
  after: LogIndex,
): Promise<
  readonly {
    readonly log_index: LogIndex
    readonly digest: Digest
    readonly job: JobName
    readonly tombstonedAt: string | null
  }[]
> {
  return db
    .selectFrom('checkpoint as c')
    .leftJoin('tombstone as t', (join) =>
      join.onRef('t.namespace', '=', 'c.namespace').onRef('t.checkpoint', '=', 'c.digest'),
    )
    .select(['c.log_index', 'c.digest', 'c.job', 't.at as tombstonedAt'])
    .where('c.namespace', '=', namespace)
    .where('c.log_index', '>', after)
    .orderBy('c.log_index')
    .limit(PAGE_COUNT)
    .execute()
}

async function indexesOf(
  db: Reader,
  namespace: NamespaceName,
  digests: readonly Digest[],
): Promise<readonly LogIndex[]> {
  const found: LogIndex[] = []
  for (let from = 0; from < digests.length; from += PAGE_COUNT) {
    const rows = await db
      .selectFrom('checkpoint')
      .select('log_index')
      .where('namespace', '=', namespace)
      .where('digest', 'in', digests.slice(from, from + PAGE_COUNT))
      .execute()
    found.push(...rows.map((row) => row.log_index))
  }
  return found
}
