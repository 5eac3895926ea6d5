import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Digest } from '../../schema/digest.ts'
import { objectsOf } from '../../schema/manifest-objects.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { readManifests } from '../timeline/read-document.ts'
import { compareUris } from './rules.ts'

/** References sorted in memory at a time, some 20 MB of them; more go to files and are merged. */
const RUN_MAX_COUNT = 50_000
/** Checkpoints whose manifests are read at a time. */
const PAGE_COUNT = 200

/** A pointer of a checkpoint at a version. */
export interface Reference {
  readonly uri: string
  readonly versionId: string
  readonly sizeBytes: number
  readonly checkpoint: Digest
  /** Whether its version has to be there: it is of the namespace asked about, and not being swept. */
  readonly isWanted: boolean
}

type Line = readonly [string, string, number, Digest, boolean]

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
  const directory = await mkdtemp(join(tmpdir(), 'cairn-references-'))
  try {
    const files: string[] = []
    let run: Line[] = []
    const spill = async (): Promise<void> => {
      const file = join(directory, String(files.length))
      run.sort(byUri)
      await writeFile(file, run.map((line) => `${JSON.stringify(line)}\n`).join(''))
      files.push(file)
      run = []
    }
    for await (const line of referencesOf(context, asked)) {
      run.push(line)
      if (run.length >= RUN_MAX_COUNT) await spill()
    }
    run.sort(byUri)
    for await (const line of mergeRuns([run.values(), ...files.map(linesOf)])) {
      const [uri, versionId, sizeBytes, checkpoint, isWanted] = line
      yield { uri, versionId, sizeBytes, checkpoint, isWanted }
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const byUri = ([left]: Line, [right]: Line): number => compareUris(left, right)

async function* referencesOf(
  { db }: Context,
  { namespace: own, holds, signal }: Parameters<typeof sortReferences>[1],
): AsyncGenerator<Line> {
  const logs = await db.selectFrom('log_head').select('namespace').execute()
  for (const { namespace } of logs) {
    let after = -1 as LogIndex
    for (;;) {
      signal.throwIfAborted()
      const rows = await db
        .selectFrom('checkpoint as c')
        .leftJoin('tombstone as t', (join_) =>
          join_.onRef('t.namespace', '=', 'c.namespace').onRef('t.checkpoint', '=', 'c.digest'),
        )
        .select(['c.log_index', 'c.digest', 't.sweep_index'])
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
          if (holds(uri)) yield [uri, versionId, sizeBytes, row.digest, isWanted]
        }
      }
      if (rows.length < PAGE_COUNT) break
      after = rows.at(-1)?.log_index ?? after
    }
  }
}

async function* linesOf(file: string): AsyncGenerator<Line> {
  const input = createReadStream(file, 'utf8')
  for await (const text of createInterface({ input })) yield JSON.parse(text) as Line
}

/** Sorted runs as one; there are few of them, so that the least is simply looked for. */
async function* mergeRuns(
  runs: readonly (Iterator<Line> | AsyncIterator<Line>)[],
): AsyncGenerator<Line> {
  const heads: { line: Line; readonly rest: Iterator<Line> | AsyncIterator<Line> }[] = []
  for (const rest of runs) {
    const first = await rest.next()
    if (first.done !== true) heads.push({ line: first.value, rest })
  }
  while (heads.length > 0) {
    let place = 0
    heads.forEach((head, other) => {
      const least = heads[place]
      if (least !== undefined && byUri(head.line, least.line) < 0) place = other
    })
    const head = heads[place]
    if (head === undefined) return
    yield head.line
    const next = await head.rest.next()
    if (next.done === true) heads.splice(place, 1)
    else head.line = next.value
  }
}
