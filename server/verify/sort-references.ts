import type { Digest } from '../../schema/digest.ts'
import { objectsOf } from '../../schema/manifest-objects.ts'
import type { LogIndex, NamespaceName, ReservationId } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { readManifests } from '../timeline/read-document.ts'
import { readWaiting } from './read-waiting.ts'
import { sortLines } from './sort-lines.ts'

/** Checkpoints whose manifests are read at a time. */
const PAGE_COUNT = 200

/** A pointer of a checkpoint, or of a shard that is part of none, at a version. */
export interface Reference {
  readonly uri: string
  readonly versionId: string
  readonly sizeBytes: number
  readonly checkpoint?: Digest | undefined
  /** Whether its version has to be there: it is of the namespace asked about, and not being swept. */
  readonly isWanted: boolean
  /** When its checkpoint was registered, RFC 3339. */
  readonly at?: string | undefined
  /** The abandoned reservation that left it behind: nothing needs the version. */
  readonly leftBy?: ReservationId | undefined
}

type Line = readonly [string, Omit<Reference, 'uri'>]

/**
 * Every pointer of every namespace into a bucket, in the order of URIs; memory is bounded, the rest waits in
 * temporary files that end with it.
 *
 * @param asked.holds Whether a URI is in the bucket.
 */
export async function* sortReferences(
  context: Context,
  asked: {
    readonly namespace: NamespaceName
    readonly holds: (uri: string) => boolean
    readonly signal: AbortSignal
  },
): AsyncGenerator<Reference> {
  for await (const [uri, pointer] of sortLines(referencesOf(context, asked))) {
    yield { uri, ...pointer }
  }
}

async function* referencesOf(
  { db }: Context,
  { namespace: own, holds, signal }: Parameters<typeof sortReferences>[1],
): AsyncGenerator<Line> {
  const logs = await db.selectFrom('log_head').select('namespace').execute()
  for (const { namespace } of logs) {
    // Before the checkpoints: what is finalized meanwhile is found among those.
    yield* waitingOf(db, { namespace, own, holds })
    let after = -1 as LogIndex
    for (;;) {
      signal.throwIfAborted()
      const rows = await db
        .selectFrom('checkpoint as c')
        .leftJoin('tombstone as t', (join_) =>
          join_.onRef('t.namespace', '=', 'c.namespace').onRef('t.checkpoint', '=', 'c.digest'),
        )
        .select(['c.log_index', 'c.digest', 'c.at', 't.sweep_index'])
        .where('c.namespace', '=', namespace)
        .where('c.log_index', '>', after)
        .orderBy('c.log_index')
        .limit(PAGE_COUNT)
        .execute()
      const byIndex = new Map(rows.map((row) => [row.log_index, row]))
      for await (const { index, manifest } of readManifests(db, namespace, [...byIndex.keys()])) {
        const row = byIndex.get(index)
        if (row === undefined) continue
        const isWanted = namespace === own && row.sweep_index === null
        for (const { uri, versionId, sizeBytes } of objectsOf(manifest).values()) {
          if (!holds(uri)) continue
          yield [uri, { versionId, sizeBytes, checkpoint: row.digest, isWanted, at: row.at }]
        }
      }
      if (rows.length < PAGE_COUNT) break
      after = rows.at(-1)?.log_index ?? after
    }
  }
}

/** What shards point at that are part of no checkpoint; what was abandoned elsewhere is for its own namespace to name. */
async function* waitingOf(
  db: Context['db'],
  at: {
    readonly namespace: NamespaceName
    readonly own: NamespaceName
    readonly holds: (uri: string) => boolean
  },
): AsyncGenerator<Line> {
  const { namespace, own, holds } = at
  for await (const waiting of readWaiting(db, namespace)) {
    const { uri, versionId, sizeBytes, reservation, isAbandoned } = waiting
    if (!holds(uri) || (isAbandoned && namespace !== own)) continue
    const pointer = { versionId, sizeBytes, isWanted: false }
    yield [uri, isAbandoned ? { ...pointer, leftBy: reservation } : pointer]
  }
}
