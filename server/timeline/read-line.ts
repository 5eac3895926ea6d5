import type { JobName, LogIndex, NamespaceName, Partition, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

/** A run's part of a line: its checkpoints up to a step. */
export interface Segment {
  readonly run: RunId
  readonly attempt: number
  /** Where a later attempt took over; the largest integer on the newest attempt. */
  readonly maxStep: number
  /** The run and step that this one restored from: where the line goes on. */
  readonly below: { readonly run: RunId; readonly step: number } | undefined
}

/** Which line: of a job and partition, as of a log index. */
export interface LineKey {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly asOf: LogIndex
}

interface RunRow {
  readonly run: RunId
  readonly restored_run: RunId | null
  readonly restored_step: number | null
  readonly attempt: number
}

// The coalesce keeps SQLite's planner on the index by attempt, where the first row is the answer.
const newestRun = statement<LineKey, RunRow>((db, param) =>
  db
    .selectFrom('run')
    .select(['run', 'restored_run', 'restored_step', 'attempt'])
    .where('namespace', '=', param('namespace'))
    .where('job', '=', param('job'))
    .where('partition', '=', param('partition'))
    .where((eb) => eb(eb.fn.coalesce('opened_index', eb.lit(0)), '<=', param('asOf')))
    .orderBy('attempt', 'desc')
    .limit(1),
)

const runById = statement<{ namespace: NamespaceName; run: RunId }, RunRow>((db, param) =>
  db
    .selectFrom('run')
    .select(['run', 'restored_run', 'restored_step', 'attempt'])
    .where('namespace', '=', param('namespace'))
    .where('run', '=', param('run')),
)

/**
 * The newest segment of the current line of a job and partition. Its line goes back through what each attempt
 * restored from, and ends by itself, because a run restores only from older ones.
 */
export async function newestSegment(db: Reader, key: LineKey): Promise<Segment | undefined> {
  const [row] = await newestRun(db, key)
  return row === undefined ? undefined : segmentOf(row, Number.MAX_SAFE_INTEGER)
}

/** The newest segment of the line that a given run stands on: all of the run itself. */
export async function runSegment(
  db: Reader,
  namespace: NamespaceName,
  run: RunId,
): Promise<Segment | undefined> {
  const [row] = await runById(db, { namespace, run })
  return row === undefined ? undefined : segmentOf(row, Number.MAX_SAFE_INTEGER)
}

/** The next older segment of a line; undefined at its beginning. */
export async function segmentBelow(
  db: Reader,
  namespace: NamespaceName,
  { below }: Segment,
): Promise<Segment | undefined> {
  if (below === undefined) return undefined
  const [row] = await runById(db, { namespace, run: below.run })
  return row === undefined ? undefined : segmentOf(row, below.step)
}

function segmentOf(row: RunRow, maxStep: number): Segment {
  const { run, attempt, restored_run: restoredRun, restored_step: step } = row
  const below = restoredRun === null || step === null ? undefined : { run: restoredRun, step }
  return { run, attempt, maxStep, below }
}

/** Whether a checkpoint is on the line that begins with a segment. */
export async function isOnLine(
  db: Reader,
  newest: Segment | undefined,
  at: Pick<Row<'checkpoint'>, 'namespace' | 'run' | 'step'>,
): Promise<boolean> {
  let segment = newest
  while (segment !== undefined) {
    if (segment.run === at.run) return at.step <= segment.maxStep
    segment = await segmentBelow(db, at.namespace, segment)
  }
  return false
}
