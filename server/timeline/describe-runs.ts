import type { Labels, LogIndex } from '../../schema/names.ts'
import type { Run } from '../../schema/run.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

type RunKey = Pick<Row<'run'>, 'namespace' | 'run'> & { readonly asOf: LogIndex }
type LineKey = Pick<Row<'run'>, 'namespace' | 'job' | 'partition'> & { readonly asOf: LogIndex }

const lastCheckpointOf = statement<RunKey, Pick<Row<'checkpoint'>, 'digest' | 'step'>>(
  (db, param) =>
    db
      .selectFrom('checkpoint')
      .select(['digest', 'step'])
      .where('namespace', '=', param('namespace'))
      .where('run', '=', param('run'))
      .where('log_index', '<=', param('asOf'))
      .orderBy('step', 'desc')
      .orderBy('log_index', 'desc')
      .limit(1),
)

const currentAttemptOf = statement<LineKey, { attempt: number }>((db, param) =>
  db
    .selectFrom('run')
    .select('attempt')
    .where('namespace', '=', param('namespace'))
    .where('job', '=', param('job'))
    .where('partition', '=', param('partition'))
    .where((eb) => eb(eb.fn.coalesce('opened_index', eb.lit(0)), '<=', param('asOf')))
    .orderBy('attempt', 'desc')
    .limit(1),
)

/** Runs as callers see them, as of an index. */
export async function describeRuns(
  db: Reader,
  rows: readonly Row<'run'>[],
  asOf: LogIndex,
): Promise<readonly Run[]> {
  const runs: Run[] = []
  for (const row of rows) {
    const [current] = await currentAttemptOf(db, { ...row, asOf })
    const [last] = await lastCheckpointOf(db, { ...row, asOf })
    runs.push(describe(row, { asOf, currentAttempt: current?.attempt ?? row.attempt, last }))
  }
  return runs
}

function describe(
  row: Row<'run'>,
  at: {
    readonly asOf: LogIndex
    readonly currentAttempt: number
    readonly last: Pick<Row<'checkpoint'>, 'digest' | 'step'> | undefined
  },
): Run {
  const closed = row.closed_index !== null && row.closed_index <= at.asOf
  return {
    run: row.run,
    namespace: row.namespace,
    job: row.job,
    partition: row.partition,
    attempt: row.attempt,
    state: closed ? 'closed' : row.attempt < at.currentAttempt ? 'superseded' : 'open',
    openedAt: row.opened_at,
    openedIndex: row.opened_index,
    ...restoredFrom(row),
    ...(row.environment === null ? {} : { environment: row.environment }),
    ...(row.labels === null ? {} : { labels: JSON.parse(row.labels) as Labels }),
    ...(closed ? ending(row) : {}),
    ...(at.last === undefined ? {} : { lastStep: at.last.step, lastCheckpoint: at.last.digest }),
  }
}

function restoredFrom(row: Row<'run'>): Pick<Run, 'restoredFrom'> {
  const { restored_checkpoint: checkpoint, restored_run: run, restored_step: step } = row
  if (checkpoint === null || run === null || step === null) return {}
  return { restoredFrom: { checkpoint, run, step } }
}

function ending(row: Row<'run'>): Pick<Run, 'closedAt' | 'closedIndex' | 'outcome' | 'note'> {
  return {
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
    ...(row.closed_index === null ? {} : { closedIndex: row.closed_index }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.note === null ? {} : { note: row.note }),
  }
}
