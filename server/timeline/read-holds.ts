import type { Digest } from '../../schema/digest.ts'
import type { Hold } from '../../schema/hold.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

/** A time that many holds end before or after. */
export interface HoldMoment {
  readonly asOf: LogIndex
  readonly nowMs: number
}

const onCheckpoint = statement<
  { namespace: NamespaceName; checkpoint: Digest; asOf: LogIndex },
  Row<'hold'>
>((db, param) =>
  db
    .selectFrom('hold')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('checkpoint', '=', param('checkpoint'))
    .where('placed_index', '<=', param('asOf'))
    .orderBy('placed_index'),
)

/** Every hold that was ever placed on a checkpoint, up to an index, oldest first. */
export async function readHoldsOn(
  db: Reader,
  question: {
    readonly namespace: NamespaceName
    readonly checkpoint: Digest
    readonly asOf: LogIndex
  },
): Promise<readonly Row<'hold'>[]> {
  return onCheckpoint(db, question)
}

/** Whether a hold bars anything: placed, not ended as of an index, and its own end not yet come. */
export function isHolding(row: Row<'hold'>, { asOf, nowMs }: HoldMoment): boolean {
  return isPlaced(row, asOf) && (row.until === null || Date.parse(row.until) > nowMs)
}

/** Whether a hold was placed and neither lifted nor replaced, as of an index. */
export function isPlaced(row: Row<'hold'>, asOf: LogIndex): boolean {
  return row.placed_index <= asOf && (row.ended_index === null || row.ended_index > asOf)
}

/** A hold as callers see it. */
export function holdOf(row: Row<'hold'>): Hold {
  return {
    checkpoint: row.checkpoint,
    hold: row.name,
    reason: row.reason,
    ...(row.until === null ? {} : { until: row.until }),
    actor: row.actor,
    index: row.placed_index,
    at: row.at,
  }
}
