import type { CheckpointSummary } from '../../schema/checkpoint.ts'
import type { Labels, LogIndex, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { newestSegment, segmentBelow } from './read-line.ts'
import { gradesOf } from './standing.ts'

/** What callers see of checkpoints of one namespace, as of an index; one walk of a line serves all its rows. */
export async function summarize(
  db: Reader,
  rows: readonly Row<'checkpoint'>[],
  asOf: LogIndex,
): Promise<readonly CheckpointSummary[]> {
  const [first] = rows
  if (first === undefined) return []
  const grades = await gradesOf(db, first.namespace, { standings: rows, asOf })
  const lines = new Map<string, ReadonlyMap<RunId, number>>()
  const summaries: CheckpointSummary[] = []
  for (const row of rows) {
    const name = `${row.job}/${row.partition}`
    const line = lines.get(name) ?? (await lineMap(db, row, asOf))
    lines.set(name, line)
    const grade = grades.get(row.digest) ?? 'committed'
    const tombstoned = row.tombstoned_index !== null && row.tombstoned_index <= asOf
    const abandoned = row.step > (line.get(row.run) ?? -1)
    summaries.push(summaryOf(row, { grade, tombstoned, abandoned }))
  }
  return summaries
}

/** The last step of each run that is on the current line of a job and partition, as of an index. */
export async function lineMap(
  db: Reader,
  { namespace, job, partition }: Pick<Row<'checkpoint'>, 'namespace' | 'job' | 'partition'>,
  asOf: LogIndex,
): Promise<ReadonlyMap<RunId, number>> {
  const line = new Map<RunId, number>()
  let segment = await newestSegment(db, { namespace, job, partition, asOf })
  while (segment !== undefined) {
    line.set(segment.run, segment.maxStep)
    segment = await segmentBelow(db, namespace, segment)
  }
  return line
}

/** A row as callers see it, with what was found out about it. */
export function summaryOf(
  row: Row<'checkpoint'>,
  found: Pick<CheckpointSummary, 'grade' | 'tombstoned' | 'abandoned'>,
): CheckpointSummary {
  return {
    checkpoint: row.digest,
    index: row.log_index,
    at: row.at,
    namespace: row.namespace,
    job: row.job,
    partition: row.partition,
    run: row.run,
    attempt: row.attempt,
    step: row.step,
    kind: row.kind,
    tier: row.tier,
    ...(row.base === null ? {} : { base: row.base }),
    chainLength: row.chain_length,
    ...(row.environment === null ? {} : { environment: row.environment }),
    ...(row.format === null ? {} : { format: row.format }),
    ...(row.labels === null ? {} : { labels: JSON.parse(row.labels) as Labels }),
    ...found,
  }
}
