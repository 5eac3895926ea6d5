import type { Grade } from '../../schema/checkpoint.ts'
import type { CoverageStretch, Rewritten } from '../../schema/coverage.ts'
import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/grant.ts'
import type { JobName, LogIndex, NamespaceName, Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import { parseWindow, type WindowMs } from '../../schema/window.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { findLatest } from '../timeline/find-latest.ts'
import { coverRange, type FoundWindow, type Reached } from './cover-range.ts'

/** A page of a job's coverage. */
export interface Coverage {
  readonly items: readonly CoverageStretch[]
  readonly next: string | null
}

interface Question {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly range: WindowMs
  readonly asOf: LogIndex
  readonly minGrade: Grade
}

/** Where a page begins: behind a window, with what all before it have reached. */
interface Start {
  readonly fromMs: number
  readonly partition: string
  readonly reached: Reached
}

/**
 * Which stretches of a range have a good checkpoint, which are missing, and which overlap.
 *
 * @throws {NAMESPACE_NOT_FOUND | JOB_NOT_FOUND | INVALID_REQUEST | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getCoverage(
  { db }: Context,
  _principal: Principal,
  input: InputOf<'getCoverage'>,
): Promise<Coverage> {
  const { namespace, job, cursor, limit = PAGE_DEFAULT_COUNT, minGrade = 'committed' } = input
  const range = parseWindow(input)
  const asOf = await resolveAsOf(db, namespace, input.asOf)
  const question = { namespace, job, range, asOf, minGrade }
  await requireJob(db, question)
  const scope = { list: 'coverage', namespace, job, ...range, minGrade, asOf: input.asOf ?? null }
  const start = cursor === undefined ? atBeginning(range) : parseStart(scope, cursor)
  const rows = await windowsAfter(db, question, { start, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const found: FoundWindow[] = []
  for (const row of page) found.push(await lookInto(db, question, row))
  const last = rows.length > limit ? page.at(-1) : undefined
  const { stretches, reached } = coverRange(range, found, {
    reached: start.reached,
    isLast: last === undefined,
  })
  if (last === undefined) return { items: stretches, next: null }
  const key = [last.from_ms, last.partition, reached.coveredToMs, reached.by]
  return { items: stretches, next: encodeCursor(scope, key) }
}

/** Before every window that a range can have. */
const atBeginning = ({ fromMs }: WindowMs): Start => ({
  fromMs: Number.MIN_SAFE_INTEGER,
  partition: '',
  reached: { coveredToMs: fromMs, by: '' as Partition },
})

function parseStart(scope: Parameters<typeof parseCursor>[0], cursor: string): Start {
  const kinds = ['number', 'string', 'number', 'string'] as const
  const [fromMs, partition, coveredToMs, by] = parseCursor(scope, cursor, kinds) as [
    number,
    string,
    number,
    Partition,
  ]
  return { fromMs, partition, reached: { coveredToMs, by } }
}

async function requireJob(db: Reader, { namespace, job, asOf }: Question): Promise<void> {
  const known = await db
    .selectFrom('job')
    .select('job')
    .where('namespace', '=', namespace)
    .where('job', '=', job)
    .where('log_index', '<=', asOf)
    .limit(1)
    .executeTakeFirst()
  if (known !== undefined) return
  throw new CatalogError(
    'JOB_NOT_FOUND',
    `${namespace} has no job "${job}": check the name and asOf.`,
  )
}

function windowsAfter(
  db: Reader,
  { namespace, job, range, asOf }: Question,
  { start, limit }: { readonly start: Start; readonly limit: number },
): Promise<readonly Row<'partition_window'>[]> {
  return db
    .selectFrom('partition_window')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('job', '=', job)
    .where('from_ms', '<', range.toMs)
    .where('to_ms', '>', range.fromMs)
    .where('log_index', '<=', asOf)
    .where((eb) =>
      eb.or([
        eb('from_ms', '>', start.fromMs),
        eb.and([
          eb('from_ms', '=', start.fromMs),
          eb('partition', '>', start.partition as Partition),
        ]),
      ]),
    )
    .orderBy('from_ms')
    .orderBy('partition')
    .limit(limit)
    .execute()
}

async function lookInto(
  db: Reader,
  question: Question,
  row: Row<'partition_window'>,
): Promise<FoundWindow> {
  const { partition, from_ms: fromMs, to_ms: toMs } = row
  const { summary, skipped } = await findLatest(db, {
    ...question,
    partition,
    includeAbandoned: false,
  })
  const runs = await runsOf(db, question, partition)
  const rewritten = rewrittenIn(runs)
  const again = rewritten === undefined ? {} : { rewritten }
  const onLine = skipped.some(({ reason }) => reason !== 'ABANDONED')
  const reason = onLine ? 'NO_GOOD_CHECKPOINT' : 'NO_CHECKPOINT'
  const complete = runs.isDone
  return {
    partition,
    fromMs,
    toMs,
    found: (window) =>
      summary === undefined
        ? { state: 'missing', ...window, reason, partition, ...again }
        : {
            state: 'good',
            ...window,
            partition,
            checkpoint: summary.checkpoint,
            step: summary.step,
            attempt: summary.attempt,
            complete,
            ...again,
          },
  }
}

interface PartitionRuns {
  readonly newest: Row<'run'> | undefined
  /** Whether the newest one has closed as succeeded. */
  readonly isDone: boolean
  /** The first run that closed as succeeded. */
  readonly succeeded: Pick<Row<'run'>, 'closed_index' | 'closed_at'> | undefined
}

async function runsOf(
  db: Reader,
  { namespace, job, asOf }: Question,
  partition: Partition,
): Promise<PartitionRuns> {
  const ofPartition = db
    .selectFrom('run')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('job', '=', job)
    .where('partition', '=', partition)
    .where('opened_index', '<=', asOf)
    .limit(1)
  const newest = await ofPartition.orderBy('attempt', 'desc').executeTakeFirst()
  const succeeded = await ofPartition
    .where('outcome', '=', 'succeeded')
    .where('closed_index', '<=', asOf)
    .orderBy('attempt')
    .executeTakeFirst()
  const closed = newest?.closed_index ?? Number.POSITIVE_INFINITY
  return { newest, isDone: newest?.outcome === 'succeeded' && closed <= asOf, succeeded }
}

/** The newest run, where it was opened after one had succeeded. */
function rewrittenIn({ newest, succeeded }: PartitionRuns): Rewritten | undefined {
  if (newest === undefined || succeeded === undefined) return undefined
  const { closed_index: closed, closed_at: after } = succeeded
  const { run, attempt, opened_at: at, opened_index: index } = newest
  if (closed === null || after === null || index < closed) return undefined
  return { run, attempt, at, index, after }
}
