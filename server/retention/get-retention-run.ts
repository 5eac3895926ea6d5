import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import { declaredBytes } from '../../schema/manifest-objects.ts'
import type { JobName, NamespaceName, Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import type { RetentionDecision, RetentionRun } from '../../schema/retention.ts'
import type { Context } from '../context.ts'
import { newestIndex } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import { readManifests } from '../timeline/read-document.ts'
import { retentionRunOf } from './rules.ts'
import {
  walkDecisions,
  type PartitionDecisions,
  type PartitionPlace,
  type RetentionQuestion,
} from './walk-decisions.ts'

type Input = InputOf<'getRetentionRun'>
type Decided = PartitionDecisions['decided'][number]

/** A decision, and where it belongs. */
interface Placed extends PartitionPlace {
  readonly decided: Decided
}

/** A run, and a page of its decisions. */
export interface RetentionRunPage {
  readonly run: RetentionRun
  readonly items: readonly RetentionDecision[]
  readonly next: string | null
}

/**
 * A retention run and what it decided, job by job and partition by partition, newest first. The decisions are made
 * again from the log as it then was.
 *
 * @throws {NAMESPACE_NOT_FOUND | RETENTION_RUN_NOT_FOUND | FORBIDDEN | INVALID_CURSOR | RETENTION_TOO_LARGE}
 */
export async function getRetentionRun(
  { db }: Context,
  principal: Principal,
  input: Input,
): Promise<RetentionRunPage> {
  const { namespace, retentionRun, decision, cursor, limit = PAGE_DEFAULT_COUNT } = input
  const run = await readRun(db, input)
  if (run.job === undefined) requireOnNamespace(principal, 'read', namespace)
  else requireOnJob(principal, 'read', { namespace, job: run.job })
  const scope = { list: 'retention', namespace, retentionRun, decision: decision ?? null }
  const from = cursor === undefined ? undefined : parsePlace(scope, cursor)
  const question = { ...run, namespace, nowMs: Date.parse(run.moment) }
  const found: Placed[] = []
  for await (const one of decisionsFrom(db, question, from)) {
    if (decision !== undefined && (decision === 'keep') !== one.decided.keep) continue
    found.push(one)
    if (found.length > limit) break
  }
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    run,
    items: await describe(db, namespace, page),
    next:
      found.length > limit && last !== undefined
        ? encodeCursor(scope, [last.job, last.partition, last.decided.candidate.index])
        : null,
  }
}

/** A place in the list of decisions: behind this index of its partition. */
interface DecisionPlace extends PartitionPlace {
  readonly before: number
}

async function* decisionsFrom(
  db: Reader,
  question: RetentionQuestion,
  from: DecisionPlace | undefined,
): AsyncGenerator<Placed> {
  for await (const { job, partition, decided } of walkDecisions(db, question, from)) {
    const isFrom = job === from?.job && partition === from.partition
    for (const one of decided) {
      if (isFrom && one.candidate.index >= from.before) continue
      yield { job, partition, decided: one }
    }
  }
}

async function readRun(db: Reader, { namespace, retentionRun }: Input): Promise<RetentionRun> {
  const row = await db
    .selectFrom('retention_run')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('retention_run', '=', retentionRun)
    .executeTakeFirst()
  if (row !== undefined) return retentionRunOf(row)
  await newestIndex(db, namespace)
  throw new CatalogError(
    'RETENTION_RUN_NOT_FOUND',
    `${namespace} has no retention run "${retentionRun}": list them for their ids.`,
  )
}

function parsePlace(scope: Parameters<typeof parseCursor>[0], cursor: string): DecisionPlace {
  const [job, partition, before] = parseCursor(scope, cursor, ['string', 'string', 'number'])
  return { job: job as JobName, partition: partition as Partition, before: Number(before) }
}

async function describe(
  db: Reader,
  namespace: NamespaceName,
  page: readonly Placed[],
): Promise<readonly RetentionDecision[]> {
  const candidates = page.map(({ decided }) => decided.candidate)
  const bytes = new Map<number, number>()
  const indexes = candidates.map(({ index }) => index)
  for await (const { index, manifest } of readManifests(db, namespace, indexes)) {
    bytes.set(index, declaredBytes(manifest))
  }
  const digests = candidates.map(({ digest }) => digest)
  const withdrawn = await withdrawnOf(db, namespace, digests)
  return page.map(({ job, partition, decided: { candidate, keep, reasons } }) => ({
    checkpoint: candidate.digest,
    decision: keep ? 'keep' : 'drop',
    reasons,
    job,
    partition,
    run: candidate.run,
    step: candidate.step,
    tier: candidate.tier,
    index: candidate.index,
    at: candidate.at,
    bytes: bytes.get(candidate.index) ?? 0,
    tombstoned: withdrawn.has(candidate.digest),
  }))
}

async function withdrawnOf(
  db: Reader,
  namespace: NamespaceName,
  digests: readonly Digest[],
): Promise<ReadonlySet<Digest>> {
  if (digests.length === 0) return new Set()
  const rows = await db
    .selectFrom('tombstone')
    .select('checkpoint')
    .where('namespace', '=', namespace)
    .where('checkpoint', 'in', digests)
    .execute()
  return new Set(rows.map((row) => row.checkpoint))
}
