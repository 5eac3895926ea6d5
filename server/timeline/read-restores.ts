import type { Digest } from '../../schema/digest.ts'
import type { JobName, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Restore, RestoreOutcome } from '../../schema/restore.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

/** A restore that nobody closed is taken for ended after this: far longer than any that still goes on. */
const UNDER_WAY_MAX_MS = 24 * 60 * 60 * 1000

const onCheckpoint = statement<
  { namespace: NamespaceName; checkpoint: Digest },
  Pick<Row<'restore'>, 'opened_index' | 'closed_index'>
>((db, param) =>
  db
    .selectFrom('restore')
    .select(['opened_index', 'closed_index'])
    .where('namespace', '=', param('namespace'))
    .where('checkpoint', '=', param('checkpoint')),
)

/** Where restores of a checkpoint began and ended. */
export async function readRestoresOf(
  db: Reader,
  question: { readonly namespace: NamespaceName; readonly checkpoint: Digest },
): Promise<readonly Pick<Row<'restore'>, 'opened_index' | 'closed_index'>[]> {
  return onCheckpoint(db, question)
}

const acknowledgedOf = statement<
  { namespace: NamespaceName; checkpoint: Digest },
  Pick<Row<'drift_acknowledgement'>, 'log_index'>
>((db, param) =>
  db
    .selectFrom('drift_acknowledgement')
    .select('log_index')
    .where('namespace', '=', param('namespace'))
    .where('checkpoint', '=', param('checkpoint')),
)

/** Where somebody said that a difference from what made a checkpoint is meant. */
export async function readAcknowledgementsOf(
  db: Reader,
  question: { readonly namespace: NamespaceName; readonly checkpoint: Digest },
): Promise<readonly LogIndex[]> {
  const rows = await acknowledgedOf(db, question)
  return rows.map((row) => row.log_index)
}

/** Restores that a rate is taken of: enough that one slow day does not show. */
const RATES_MAX_COUNT = 51

const ratesOf = statement<
  { namespace: NamespaceName; job: JobName; asOf: LogIndex },
  { bytes: number; duration_ms: number }
>((db, param) =>
  db
    .selectFrom('restore')
    .select((eb) => [
      eb.ref('bytes').$notNull().as('bytes'),
      eb.ref('duration_ms').$notNull().as('duration_ms'),
    ])
    .where('namespace', '=', param('namespace'))
    .where('job', '=', param('job'))
    .where('closed_index', '<=', param('asOf'))
    .where('outcome', '=', 'succeeded')
    .where('bytes', '>', 0)
    .where('duration_ms', '>', 0)
    .orderBy('opened_index', 'desc')
    .limit(RATES_MAX_COUNT),
)

/** The median rate of a job's newest restores that succeeded; undefined where there is none. */
export async function readRestoreRate(
  db: Reader,
  question: { readonly namespace: NamespaceName; readonly job: JobName; readonly asOf: LogIndex },
): Promise<{ readonly bytesPerSecond: number; readonly restoreCount: number } | undefined> {
  const rates = (await ratesOf(db, question))
    .map(({ bytes, duration_ms: ms }) => (bytes * 1000) / ms)
    .toSorted((left, right) => left - right)
  const median = rates[Math.floor(rates.length / 2)]
  if (median === undefined) return undefined
  return { bytesPerSecond: Math.max(1, Math.round(median)), restoreCount: rates.length }
}

const failedOf = statement<
  { namespace: NamespaceName; checkpoint: Digest; asOf: LogIndex },
  Row<'restore'>
>((db, param) =>
  db
    .selectFrom('restore as r')
    .selectAll('r')
    .where('r.namespace', '=', param('namespace'))
    .where('r.checkpoint', '=', param('checkpoint'))
    .where('r.closed_index', '<=', param('asOf'))
    .where('r.outcome', '=', 'failed')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('evidence as e')
            .select('e.log_index')
            .whereRef('e.namespace', '=', 'r.namespace')
            .whereRef('e.checkpoint', '=', 'r.checkpoint')
            .whereRef('e.log_index', '>', 'r.closed_index')
            .where('e.log_index', '<=', param('asOf')),
        ),
      ),
    )
    .orderBy('r.closed_index', 'desc')
    .limit(1),
)

/** The newest restore of a checkpoint that failed, if no evidence has answered it since. */
export async function readFailedRestore(
  db: Reader,
  question: {
    readonly namespace: NamespaceName
    readonly checkpoint: Digest
    readonly asOf: LogIndex
  },
): Promise<Restore | undefined> {
  const [row] = await failedOf(db, question)
  return row === undefined ? undefined : restoreOf(row, question.asOf)
}

/** When claims are looked at, and of which checkpoints; of all where none are named. */
export interface ClaimQuestion {
  readonly namespace: NamespaceName
  readonly asOf: LogIndex
  readonly nowMs: number
  readonly among?: readonly Digest[]
}

/**
 * Checkpoints that a restore needs as of an index: one that is under way, or one with a claim whose run is neither
 * closed nor superseded.
 */
export async function readClaimed(
  db: Reader,
  { namespace, asOf, nowMs, among }: ClaimQuestion,
): Promise<ReadonlySet<Digest>> {
  const since = new Date(nowMs - UNDER_WAY_MAX_MS).toISOString()
  let query = db
    .selectFrom('restore as r')
    .leftJoin('run as u', (join) =>
      join.onRef('u.namespace', '=', 'r.namespace').onRef('u.run', '=', 'r.run'),
    )
    .select('r.checkpoint')
    .where('r.namespace', '=', namespace)
    .where('r.opened_index', '<=', asOf)
    .where((eb) =>
      eb.or([
        eb.and([
          eb('r.opened_at', '>', since),
          eb.or([eb('r.closed_index', 'is', null), eb('r.closed_index', '>', asOf)]),
        ]),
        eb.and([
          eb('r.ownership', '=', 'claim'),
          eb('r.outcome', '=', 'succeeded'),
          eb('r.closed_index', '<=', asOf),
          eb.or([eb('u.closed_index', 'is', null), eb('u.closed_index', '>', asOf)]),
          eb.not(
            eb.exists(
              eb
                .selectFrom('run as newer')
                .select('newer.run')
                .whereRef('newer.namespace', '=', 'u.namespace')
                .whereRef('newer.job', '=', 'u.job')
                .whereRef('newer.partition', '=', 'u.partition')
                .whereRef('newer.attempt', '>', 'u.attempt')
                .where('newer.opened_index', '<=', asOf),
            ),
          ),
        ]),
      ]),
    )
  if (among !== undefined) query = query.where('r.checkpoint', 'in', among)
  const rows = await query.execute()
  return new Set(rows.map((row) => row.checkpoint))
}

/** A restore as callers see it, as of an index. */
export function restoreOf(row: Row<'restore'>, asOf: LogIndex): Restore {
  const {
    closed_index: closedIndex,
    closed_at: closedAt,
    outcome,
    bytes,
    duration_ms: durationMs,
  } = row
  const isClosed = closedIndex !== null && closedIndex <= asOf
  const opened: Restore = {
    restore: row.restore,
    namespace: row.namespace,
    job: row.job,
    partition: row.partition,
    checkpoint: row.checkpoint,
    ownership: row.ownership,
    ...(row.run === null ? {} : { run: row.run }),
    actor: row.actor,
    openedAt: row.opened_at,
    openedIndex: row.opened_index,
  }
  if (!isClosed || closedAt === null || outcome === null) return opened
  const facts = JSON.parse(row.facts ?? '{}') as Pick<
    RestoreOutcome,
    'checked' | 'sources' | 'failures' | 'note'
  >
  return {
    ...opened,
    closedAt,
    closedIndex,
    outcome,
    bytes: bytes ?? 0,
    durationMs: durationMs ?? 0,
    ...facts,
  }
}
