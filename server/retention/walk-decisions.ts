import type { Digest } from '../../schema/digest.ts'
import type { JobName, LogIndex, NamespaceName, Partition, PolicyName } from '../../schema/names.ts'
import type { RetentionRule } from '../../schema/policy.ts'
import type { Reader } from '../store/database.ts'
import { isHolding } from '../timeline/read-holds.ts'
import { readJobPolicy, readPolicy } from '../timeline/read-policy.ts'
import { decideRetention, type Decided } from './decide-retention.ts'
import { readCandidates, type ReadCandidate } from './read-candidates.ts'

/** What a retention run is about: the log up to an index, a time, and a part of the namespace. */
export interface RetentionQuestion {
  readonly namespace: NamespaceName
  readonly asOf: LogIndex
  readonly nowMs: number
  readonly job?: JobName | undefined
  readonly partition?: Partition | undefined
  readonly policy?: PolicyName | undefined
}

/** One job and partition. */
export interface PartitionPlace {
  readonly job: JobName
  readonly partition: Partition
}

/** What was decided about the live checkpoints of one job and partition, newest first. */
export interface PartitionDecisions extends PartitionPlace {
  readonly decided: readonly Decided<ReadCandidate>[]
}

/** Partitions that are listed at a time. */
const PARTITIONS_PAGE_COUNT = 500

/**
 * Decides job by job and partition by partition, in their order; `from` is the first of them. The same question
 * always has the same answers.
 *
 * @throws {RETENTION_TOO_LARGE} a partition has too many live checkpoints
 */
export async function* walkDecisions(
  db: Reader,
  question: RetentionQuestion,
  from?: PartitionPlace,
): AsyncGenerator<PartitionDecisions> {
  const { namespace, asOf, nowMs } = question
  const held = await heldDigests(db, question)
  let rulesOf: { readonly job: JobName; readonly found: JobRules } | undefined
  for await (const place of partitionsOf(db, question, from)) {
    if (rulesOf?.job !== place.job) {
      rulesOf = { job: place.job, found: await readRules(db, question, place.job) }
    }
    const { isMeant, rules } = rulesOf.found
    if (!isMeant) continue
    const candidates = await readCandidates(db, { namespace, asOf, ...place })
    if (candidates.length === 0) continue
    yield { ...place, decided: decideRetention(candidates, { rules, held, nowMs }) }
  }
}

interface JobRules {
  /** Whether the question is about the job. */
  readonly isMeant: boolean
  readonly rules: readonly RetentionRule[] | undefined
}

async function readRules(
  db: Reader,
  { namespace, asOf, job: asked, policy: name }: RetentionQuestion,
  job: JobName,
): Promise<JobRules> {
  const own = await readJobPolicy(db, { namespace, job, asOf })
  if (name !== undefined && asked === undefined && own?.policy !== name) {
    return { isMeant: false, rules: undefined }
  }
  const policy = name === undefined ? own : await readPolicy(db, { namespace, policy: name, asOf })
  return { isMeant: true, rules: policy?.spec.retention?.anyOf }
}

/** Places in order; each run of a page takes up behind the last one. */
async function* partitionsOf(
  db: Reader,
  { namespace, job, partition }: RetentionQuestion,
  from: PartitionPlace | undefined,
): AsyncGenerator<PartitionPlace> {
  let after: PartitionPlace | undefined
  for (;;) {
    let query = db
      .selectFrom('line')
      .select(['job', 'partition'])
      .where('namespace', '=', namespace)
      .orderBy('job')
      .orderBy('partition')
      .limit(PARTITIONS_PAGE_COUNT)
    if (job !== undefined) query = query.where('job', '=', job)
    if (partition !== undefined) query = query.where('partition', '=', partition)
    const bound = after ?? from
    if (bound !== undefined) {
      query = query.where((eb) =>
        eb.or([
          eb('job', '>', bound.job),
          eb.and([
            eb('job', '=', bound.job),
            eb('partition', after === undefined ? '>=' : '>', bound.partition),
          ]),
        ]),
      )
    }
    const places = await query.execute()
    yield* places
    after = places.at(-1)
    if (after === undefined || places.length < PARTITIONS_PAGE_COUNT) return
  }
}

/** What is held as of an index and at a time. */
async function heldDigests(
  db: Reader,
  { namespace, asOf, nowMs }: RetentionQuestion,
): Promise<ReadonlySet<Digest>> {
  const rows = await db
    .selectFrom('hold')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('placed_index', '<=', asOf)
    .where((eb) => eb.or([eb('ended_index', 'is', null), eb('ended_index', '>', asOf)]))
    .execute()
  const holding = rows.filter((row) => isHolding(row, { asOf, nowMs }))
  return new Set(holding.map((row) => row.checkpoint))
}
