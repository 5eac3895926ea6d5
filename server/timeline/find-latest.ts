import type { CheckpointSummary, Skipped } from '../../schema/checkpoint.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { JobName, LogIndex, NamespaceName, Partition, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { walkLine, type LineKey } from './read-line.ts'
import { judge, type Wanted } from './standing.ts'
import { summaryOf } from './summarize.ts'

/** Candidates read first, and then at a time: the first is nearly always good. */
const CANDIDATES_FIRST_COUNT = 1
const CANDIDATES_PAGE_COUNT = 64
/** Candidates looked at before the search gives up: a second or two of work. */
const CANDIDATES_MAX_COUNT = 20_000
/** Skipped candidates that an answer lists; the number of them is exact. */
const SKIPPED_MAX_COUNT = 1_000

export interface LatestQuestion extends LineKey, Wanted {
  readonly includeAbandoned: boolean
}

/** What the search found, and every newer candidate that it passed over. */
export interface FoundLatest {
  readonly checkpoint: Row<'checkpoint'> | undefined
  readonly summary: CheckpointSummary | undefined
  readonly skipped: readonly Skipped[]
  readonly skippedCount: number
  /** Whether every candidate was looked at. */
  readonly exhausted: boolean
}

interface Candidate {
  readonly row: Row<'checkpoint'>
  readonly abandoned: boolean
  /** Number of the newest attempt. */
  readonly attempt: number
  /** Up to which step the run is on the current line. */
  readonly maxStep: number
}

interface SegmentPage {
  namespace: NamespaceName
  run: RunId
  asOf: LogIndex
  maxStep: number
  offset: number
  limit: number
}

const inSegment = statement<SegmentPage, Row<'checkpoint'>>((db, param) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('run', '=', param('run'))
    .where('step', '<=', param('maxStep'))
    .where('log_index', '<=', param('asOf'))
    .orderBy('step', 'desc')
    .orderBy('tier')
    .limit(param('limit'))
    .offset(param('offset')),
)

const ofPartition = statement<
  {
    namespace: NamespaceName
    job: JobName
    partition: Partition
    asOf: LogIndex
    offset: number
    limit: number
  },
  Row<'checkpoint'>
>((db, param) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('job', '=', param('job'))
    .where('partition', '=', param('partition'))
    .where('log_index', '<=', param('asOf'))
    .orderBy('log_index', 'desc')
    .limit(param('limit'))
    .offset(param('offset')),
)

const newerInAttempts = statement<
  {
    namespace: NamespaceName
    job: JobName
    partition: Partition
    asOf: LogIndex
    after: LogIndex
    attempt: number
  },
  Pick<Row<'checkpoint'>, 'digest' | 'run' | 'step'>
>((db, param) =>
  db
    .selectFrom('run as r')
    .innerJoin('checkpoint as c', (join) =>
      join.onRef('c.namespace', '=', 'r.namespace').onRef('c.run', '=', 'r.run'),
    )
    .select(['c.digest', 'c.run', 'c.step'])
    .where('r.namespace', '=', param('namespace'))
    .where('r.job', '=', param('job'))
    .where('r.partition', '=', param('partition'))
    .where('r.attempt', '>=', param('attempt'))
    .where('c.log_index', '>', param('after'))
    .where('c.log_index', '<=', param('asOf'))
    .orderBy('c.log_index', 'desc')
    .limit(SKIPPED_MAX_COUNT),
)

/** The newest good checkpoint on the current line; with `includeAbandoned`, then on any other line. */
export async function findLatest(db: Reader, question: LatestQuestion): Promise<FoundLatest> {
  const skipped: Skipped[] = []
  let skippedCount = 0
  let exhausted = true
  let newestAttempt = 0
  let good: { readonly row: Row<'checkpoint'>; readonly summary: CheckpointSummary } | undefined
  const seen = new Set<string>()
  const line = new Map<RunId, number>()
  for await (const { row, abandoned, attempt, maxStep } of candidates(db, question)) {
    newestAttempt = attempt
    if (!abandoned) line.set(row.run, maxStep)
    if (seen.has(row.digest)) continue
    seen.add(row.digest)
    const { grade, fault } = await judge(db, question.namespace, {
      standing: row,
      wanted: question,
    })
    if (fault === undefined) {
      good = { row, summary: summaryOf(row, { grade, abandoned, tombstoned: false }) }
      break
    }
    skippedCount += 1
    if (skipped.length < SKIPPED_MAX_COUNT) skipped.push({ ...placeOf(row), ...fault })
    if (skippedCount >= CANDIDATES_MAX_COUNT) {
      exhausted = false
      break
    }
  }
  // With one attempt there is one line, and nothing beside it: the common case costs nothing.
  const beside = newestAttempt === 1 ? [] : await leftBehind(db, question, good?.row)
  for (const left of beside) {
    // The other tier of the good one's step may come after it in the log, and is on the line all the same.
    if (seen.has(left.digest) || left.step <= (line.get(left.run) ?? -1)) continue
    skippedCount += 1
    if (skipped.length < SKIPPED_MAX_COUNT) skipped.push({ ...placeOf(left), reason: 'ABANDONED' })
  }
  return { checkpoint: good?.row, summary: good?.summary, skipped, skippedCount, exhausted }
}

const placeOf = ({ digest, run, step }: Pick<Row<'checkpoint'>, 'digest' | 'run' | 'step'>) => ({
  checkpoint: digest,
  run,
  step,
})

/** What was registered after the good one and is on no current line: someone will ask why it was not taken. */
async function leftBehind(
  db: Reader,
  question: LatestQuestion,
  good: Row<'checkpoint'> | undefined,
): Promise<readonly Pick<Row<'checkpoint'>, 'digest' | 'run' | 'step'>[]> {
  if (question.includeAbandoned) return []
  return newerInAttempts(db, {
    ...question,
    attempt: good?.attempt ?? 1,
    after: good?.log_index ?? (-1 as LogIndex),
  })
}

async function* candidates(db: Reader, question: LatestQuestion): AsyncGenerator<Candidate> {
  const { namespace, job, partition, asOf } = question
  let attempt = 0
  for await (const segment of walkLine(db, question)) {
    attempt = Math.max(attempt, segment.attempt)
    const { run } = segment
    const maxStep = segment.maxStep ?? Number.MAX_SAFE_INTEGER
    const rows = pages((page) => inSegment(db, { namespace, run, asOf, maxStep, ...page }))
    for await (const row of rows) yield { row, abandoned: false, attempt, maxStep }
  }
  if (!question.includeAbandoned) return
  const rows = pages((page) => ofPartition(db, { namespace, job, partition, asOf, ...page }))
  for await (const row of rows) yield { row, abandoned: true, attempt, maxStep: -1 }
}

interface Page {
  readonly offset: number
  readonly limit: number
}

async function* pages(
  next: (page: Page) => Promise<readonly Row<'checkpoint'>[]>,
): AsyncGenerator<Row<'checkpoint'>> {
  let limit = CANDIDATES_FIRST_COUNT
  let offset = 0
  while (offset < CANDIDATES_MAX_COUNT) {
    const rows = await next({ offset, limit })
    yield* rows
    if (rows.length < limit) return
    offset += limit
    limit = CANDIDATES_PAGE_COUNT
  }
}

/** The refusal when candidates exist and none is good: never a silent fresh start. */
export function noGoodCheckpoint(
  question: Pick<LatestQuestion, 'job' | 'partition'>,
  found: Pick<FoundLatest, 'skipped' | 'skippedCount' | 'exhausted'>,
): CatalogError {
  const place = question.partition === '' ? question.job : `${question.job} ${question.partition}`
  const looked = found.exhausted
    ? `${found.skippedCount} candidates were passed over`
    : `the search stopped after ${found.skippedCount} candidates`
  return new CatalogError(
    'NO_GOOD_CHECKPOINT',
    found.skippedCount === 0
      ? `${place} has no checkpoint on its current line: ask with includeAbandoned, resume from a digest, or start over with resume "none".`
      : `${place} has no good checkpoint: ${looked}. Lower minGrade, ask with includeAbandoned, resume from a digest, or start over with resume "none".`,
    { detail: { skipped: found.skipped, skippedCount: found.skippedCount } },
  )
}
