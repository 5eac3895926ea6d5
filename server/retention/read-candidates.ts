import { CatalogError } from '../../schema/errors.ts'
import type { JobName, Labels, LogIndex, NamespaceName, Partition } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { assessAll } from '../timeline/standing.ts'
import { lineMap } from '../timeline/summarize.ts'
import type { RetentionCandidate } from './decide-retention.ts'

/** Live checkpoints of one job and partition that are decided about together: some 200 MiB of them. */
const LIVE_MAX_COUNT = 500_000

/** Which partition of a job, as of when. */
interface Place {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly asOf: LogIndex
}

/** A candidate, with when it was registered as the log says it. */
export interface ReadCandidate extends RetentionCandidate {
  readonly index: LogIndex
  readonly at: string
}

const columns = [
  'c.namespace',
  'c.log_index',
  'c.digest',
  'c.at',
  'c.run',
  'c.attempt',
  'c.step',
  'c.tier',
  'c.base',
  'c.labels',
  'c.evidence_index',
  'c.environment',
  'c.tombstoned_index',
  'c.chain_length',
] as const

// By way of the runs, of which a partition has few: a job may have a hundred thousand partitions.
const liveIn = statement<
  Place,
  Pick<Row<'checkpoint'>, (typeof columns)[number] extends `c.${infer Name}` ? Name : never>
>((db, param) =>
  db
    .selectFrom('run as r')
    .innerJoin('checkpoint as c', (join) =>
      join.onRef('c.namespace', '=', 'r.namespace').onRef('c.run', '=', 'r.run'),
    )
    .select(columns)
    .where('r.namespace', '=', param('namespace'))
    .where('r.job', '=', param('job'))
    .where('r.partition', '=', param('partition'))
    .where('c.log_index', '<=', param('asOf'))
    .where((eb) =>
      eb.or([eb('c.tombstoned_index', 'is', null), eb('c.tombstoned_index', '>', param('asOf'))]),
    )
    .limit(LIVE_MAX_COUNT + 1),
)

/**
 * The live checkpoints of a job and partition as of an index, in no order.
 *
 * @throws {RETENTION_TOO_LARGE} there are more than can be decided about together
 */
export async function readCandidates(db: Reader, place: Place): Promise<readonly ReadCandidate[]> {
  const { namespace, job, partition, asOf } = place
  const rows = await liveIn(db, place)
  if (rows.length > LIVE_MAX_COUNT) throw tooLarge(place)
  const line = await lineMap(db, { namespace, job, partition }, asOf)
  const assessed = await assessAll(db, namespace, { standings: rows, asOf })
  return rows.map((row) => ({
    digest: row.digest,
    index: row.log_index,
    at: row.at,
    atMs: Date.parse(row.at),
    run: row.run,
    attempt: row.attempt,
    step: row.step,
    tier: row.tier,
    base: row.base,
    labels: row.labels === null ? undefined : (JSON.parse(row.labels) as Labels),
    onLine: row.step <= (line.get(row.run) ?? -1),
    ...(assessed.get(row.digest) ?? { grade: 'committed', failing: false }),
  }))
}

const tooLarge = ({ job, partition }: Place): CatalogError =>
  new CatalogError(
    'RETENTION_TOO_LARGE',
    `${job} "${partition}" has more than ${LIVE_MAX_COUNT} checkpoints that were not withdrawn, too many to decide about together: withdraw the oldest by hand first.`,
  )
