import { grades } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import type { Command, Decision, Draft } from '../log/command.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { findLatest } from '../timeline/find-latest.ts'
import { isHolding } from '../timeline/read-holds.ts'
import type { PartitionPlace } from './walk-decisions.ts'

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex
/** Live deltas looked at for one command: with more, none of their bases is withdrawn. */
const DEPENDENTS_MAX_COUNT = 10_000

/** Some of what a run dropped in one job and partition, newest first. */
export interface DroppedChunk extends PartitionPlace {
  readonly namespace: NamespaceName
  readonly retentionRun: string
  /** What the decisions were made as of. */
  readonly asOf: LogIndex
  readonly digests: readonly Digest[]
}

/** Who asks, and how it was allowed. */
export type Asker = Pick<Command<unknown>, 'actor' | 'access'>

/**
 * Withdraws what a run dropped, in one command; gives how many. What has changed since it was decided is looked at
 * again under the head lock: whatever is held by now, needed, or what `latest` now answers stays.
 */
export async function tombstoneDropped(
  context: Pick<Context, 'log' | 'nowMs'>,
  asker: Asker,
  chunk: DroppedChunk,
): Promise<number> {
  return context.log.append<number>({
    ...asker,
    namespace: chunk.namespace,
    reads: [],
    decide: async (facts) => decide(await facts.query(), chunk, context.nowMs()),
  })
}

async function decide(db: Reader, chunk: DroppedChunk, nowMs: number): Promise<Decision<number>> {
  const { namespace, digests, retentionRun, asOf } = chunk
  const rows = await rowsOf(db, chunk)
  const barred = new Set([...(await held(db, chunk, nowMs)), ...(await lastGood(db, chunk))])
  const dependents = await dependentsOf(db, namespace, digests)
  const withdrawn = new Set<Digest>()
  for (const digest of digests) {
    const row = rows.get(digest)
    if (row === undefined || row.tombstoned_index !== null || barred.has(digest)) continue
    // New evidence may have made it the best of its line.
    if (row.evidence_index !== null && row.evidence_index > asOf) continue
    const needed = dependents?.get(digest)?.some((delta) => !withdrawn.has(delta)) ?? false
    if (dependents !== undefined && !needed) withdrawn.add(digest)
  }
  const note = `Retention run ${retentionRun}.`
  const drafts = [...withdrawn].map((subject): { readonly entry: Draft } => ({
    entry: { kind: 'checkpoint.tombstoned', subject, reason: 'policy', note },
  }))
  return { drafts, result: () => drafts.length }
}

async function rowsOf(
  db: Reader,
  { namespace, digests }: DroppedChunk,
): Promise<ReadonlyMap<Digest, Pick<Row<'checkpoint'>, 'tombstoned_index' | 'evidence_index'>>> {
  const rows = await db
    .selectFrom('checkpoint')
    .select(['digest', 'tombstoned_index', 'evidence_index'])
    .where('namespace', '=', namespace)
    .where('digest', 'in', digests)
    .execute()
  return new Map(rows.map((row) => [row.digest, row]))
}

async function held(
  db: Reader,
  { namespace, digests }: DroppedChunk,
  nowMs: number,
): Promise<readonly Digest[]> {
  const rows = await db
    .selectFrom('hold')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('checkpoint', 'in', digests)
    .execute()
  return rows.filter((row) => isHolding(row, { asOf: NOW, nowMs })).map((row) => row.checkpoint)
}

/** What `latest` answers now, at any grade; what its chain needs has a live delta and stays by that. */
async function lastGood(db: Reader, chunk: DroppedChunk): Promise<readonly Digest[]> {
  const { namespace, job, partition } = chunk
  const found: Digest[] = []
  for (const minGrade of grades) {
    const question = { namespace, job, partition, asOf: NOW, minGrade, includeAbandoned: true }
    const { checkpoint } = await findLatest(db, question)
    // Nothing reaches the higher grades either.
    if (checkpoint === undefined) break
    found.push(checkpoint.digest)
  }
  return found
}

/** The live deltas on each; undefined when there are too many to tell. */
async function dependentsOf(
  db: Reader,
  namespace: NamespaceName,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly Digest[]> | undefined> {
  const rows = await db
    .selectFrom('checkpoint')
    .select(['base', 'digest'])
    .where('namespace', '=', namespace)
    .where('base', 'in', digests)
    .where('tombstoned_index', 'is', null)
    .limit(DEPENDENTS_MAX_COUNT)
    .execute()
  if (rows.length === DEPENDENTS_MAX_COUNT) return undefined
  const found = new Map<Digest, Digest[]>()
  for (const { base, digest } of rows) {
    if (base === null) continue
    const known = found.get(base)
    if (known === undefined) found.set(base, [digest])
    else known.push(digest)
  }
  return found
}
