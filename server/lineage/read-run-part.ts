import type { Lineage } from '../../schema/lineage.ts'
import type { LogIndex, NamespaceName, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

/** Which part of a run: from a checkpoint, itself included, towards older or newer ones. */
export interface RunQuestion {
  readonly from: Row<'checkpoint'>
  readonly direction: Lineage['direction']
  readonly asOf: LogIndex
  /** Most rows; at least 8, so that a part always has a neighbour in it. */
  readonly count: number
}

/** Checkpoints of a run, each followed by its neighbour. */
export interface RunPart {
  readonly rows: readonly Row<'checkpoint'>[]
  /** Whether the last row has no neighbour; otherwise its neighbour is not known yet. */
  readonly ends: boolean
}

interface Place {
  readonly namespace: NamespaceName
  readonly run: RunId
  readonly step: number
  readonly count: number
}

// Ordered as the index is: by index in the log, a run would be sorted as a whole for every part of it.
const olderFirstSteps = statement<Place, Row<'checkpoint'>>((db, param) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('run', '=', param('run'))
    .where('step', '<=', param('step'))
    .orderBy('step', 'desc')
    .orderBy('tier', 'desc')
    .limit(param('count')),
)

const newerFirstSteps = statement<Place, Row<'checkpoint'>>((db, param) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('run', '=', param('run'))
    .where('step', '>=', param('step'))
    .orderBy('step')
    .orderBy('tier')
    .limit(param('count')),
)

/**
 * Reads a part of a run in the order of the log, which is that of its steps; the two tiers of one step
 * come as they were registered.
 */
export async function readRunPart(db: Reader, question: RunQuestion): Promise<RunPart> {
  const { from, direction, asOf, count } = question
  const { namespace, run, step, log_index: index } = from
  const sign = direction === 'ancestors' ? -1 : 1
  const select = direction === 'ancestors' ? olderFirstSteps : newerFirstSteps
  const found = await select(db, { namespace, run, step, count })
  const isCut = found.length === count
  const lastStep = found.at(-1)?.step
  // The last step of a full page may lack its other tier, and so its order.
  const whole = isCut ? found.filter((row) => row.step !== lastStep) : found
  const rows = whole
    .filter((row) => row.log_index <= asOf && sign * (row.log_index - index) >= 0)
    .toSorted((left, right) => sign * (left.log_index - right.log_index))
  return { rows, ends: !isCut || whole.some((row) => row.log_index > asOf) }
}
