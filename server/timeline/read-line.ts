import type { JobName, LogIndex, NamespaceName, Partition, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'

/** A run's part of a line: its checkpoints up to a step, or all of them. */
export interface Segment {
  readonly run: RunId
  readonly attempt: number
  /** Where a later attempt took over; null on the newest attempt. */
  readonly maxStep: number | null
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
 * The current line of a job and partition, newest segment first: the newest attempt, then back through
 * what each attempt restored from. It ends by itself, because a run restores only from older ones; runs
 * that saved nothing are not on it.
 */
export async function* walkLine(db: Reader, key: LineKey): AsyncGenerator<Segment> {
  const [newest] = await newestRun(db, key)
  if (newest !== undefined) yield* walkBack(db, key.namespace, newest)
}

/** The line that a given run stands on, itself first. */
export async function* walkLineOf(
  db: Reader,
  namespace: NamespaceName,
  run: RunId,
): AsyncGenerator<Segment> {
  const [row] = await runById(db, { namespace, run })
  if (row !== undefined) yield* walkBack(db, namespace, row)
}

async function* walkBack(
  db: Reader,
  namespace: NamespaceName,
  newest: RunRow,
): AsyncGenerator<Segment> {
  let row: RunRow | undefined = newest
  let maxStep: number | null = null
  while (row !== undefined) {
    yield { run: row.run, attempt: row.attempt, maxStep }
    if (row.restored_run === null) return
    maxStep = row.restored_step
    const parents: readonly RunRow[] = await runById(db, { namespace, run: row.restored_run })
    row = parents[0]
  }
}

/** Whether a checkpoint of that run and step is on a line. */
export async function isOnLine(
  line: AsyncIterable<Segment>,
  at: { readonly run: RunId; readonly step: number },
): Promise<boolean> {
  for await (const segment of line) {
    if (segment.run === at.run) return segment.maxStep === null || at.step <= segment.maxStep
  }
  return false
}
