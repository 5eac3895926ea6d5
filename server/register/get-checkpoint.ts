import type { Checkpoint } from '../../schema/checkpoint.ts'
import type { Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Row } from '../store/tables.ts'
import { tombstoneOf } from '../timeline/describe-tombstone.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { judge } from '../timeline/standing.ts'
import { summarize } from '../timeline/summarize.ts'

/**
 * A checkpoint and its standing, as of an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getCheckpoint(
  { db }: Context,
  principal: Principal,
  input: InputOf<'getCheckpoint'>,
): Promise<Checkpoint> {
  const { namespace, digest } = input
  const asOf = await resolveAsOf(db, namespace, input.asOf)
  const row = await readCheckpoint(db, { principal, verb: 'read' }, { namespace, digest, asOf })
  const [summary] = await summarize(db, [row], asOf)
  if (summary === undefined) throw new Error('a row has a summary')
  const wanted = { asOf, minGrade: 'committed' } as const
  const { fault } = summary.abandoned
    ? ({ fault: { reason: 'ABANDONED' } } as const)
    : await judge(db, namespace, { standing: row, wanted })
  const tombstone = summary.tombstoned ? await readTombstone({ db }, row, asOf) : undefined
  return {
    ...summary,
    good: fault === undefined,
    ...(fault === undefined
      ? {}
      : { why: { checkpoint: digest, run: row.run, step: row.step, ...fault } }),
    ...(tombstone === undefined ? {} : { tombstone: tombstoneOf(tombstone) }),
    ...sweepOf(tombstone, asOf),
  }
}

async function readTombstone(
  { db }: Pick<Context, 'db'>,
  row: Row<'checkpoint'>,
  asOf: LogIndex,
): Promise<Row<'tombstone'> | undefined> {
  return db
    .selectFrom('tombstone')
    .selectAll()
    .where('namespace', '=', row.namespace)
    .where('checkpoint', '=', row.digest)
    .where('log_index', '<=', asOf)
    .executeTakeFirst()
}

/** How far its bytes were gone as of an index. */
function sweepOf(row: Row<'tombstone'> | undefined, asOf: LogIndex): Pick<Checkpoint, 'sweep'> {
  const { sweep_index: began = null, swept_index: ended = null } = row ?? {}
  if (began === null || began > asOf) return {}
  return { sweep: ended === null || ended > asOf ? { began } : { began, ended } }
}
