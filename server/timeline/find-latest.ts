import type { CheckpointSummary, Skipped } from '../../schema/checkpoint.ts'
import type { JobName, LogIndex, NamespaceName, Partition, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { newestSegment, segmentBelow, type LineKey } from './read-line.ts'
import {
  assessAll,
  judge,
  type Assessment,
  type Fault,
  type KnownChains,
  type Wanted,
} from './standing.ts'
import { summaryOf } from './summarize.ts'

/** Candidates read first, and then at a time, more each time: the first is nearly always good. */
const CANDIDATES_FIRST_COUNT = 1
const CANDIDATES_SECOND_COUNT = 64
const CANDIDATES_PAGE_COUNT = 1_024
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

interface Good {
  readonly row: Row<'checkpoint'>
  readonly summary: CheckpointSummary
}

interface Page {
  readonly offset: number
  readonly limit: number
}

/** The newest good checkpoint on the current line; with `includeAbandoned`, then on any other line. */
export async function findLatest(db: Reader, question: LatestQuestion): Promise<FoundLatest> {
  const { namespace, job, partition, asOf } = question
  const search = new Search(db, question)
  const line = new Map<RunId, number>()
  let good: Good | undefined
  const newest = await newestSegment(db, question)
  let segment = newest
  while (segment !== undefined) {
    const { run, maxStep } = segment
    line.set(run, maxStep)
    const page = (at: Page) => inSegment(db, { namespace, run, asOf, maxStep, ...at })
    good = await search.firstGood(page, false)
    if (!search.goesOn) break
    segment = await segmentBelow(db, namespace, segment)
  }
  if (search.goesOn && question.includeAbandoned) {
    const page = (at: Page) => ofPartition(db, { namespace, job, partition, asOf, ...at })
    good = await search.firstGood(page, true)
  }
  // With one attempt there is one line, and nothing beside it: the common case costs nothing.
  const beside =
    newest === undefined || newest.attempt === 1 ? [] : await leftBehind(db, question, good?.row)
  for (const left of beside) {
    // The other tier of the good one's step may come after it in the log, and is on the line all the same.
    if (left.step > (line.get(left.run) ?? -1)) search.skip(left, { reason: 'ABANDONED' })
  }
  const { skipped, skippedCount, exhausted } = search
  return { checkpoint: good?.row, summary: good?.summary, skipped, skippedCount, exhausted }
}

type Place = Pick<Row<'checkpoint'>, 'digest' | 'run' | 'step'>

/** Looks at candidates until one is good, and remembers what it passed over. */
class Search {
  readonly skipped: Skipped[] = []
  skippedCount = 0
  exhausted = true
  /** False when a good one was found, or too many were not. */
  goesOn = true
  readonly #db: Reader
  readonly #question: LatestQuestion
  readonly #seen = new Set<string>()
  readonly #known: KnownChains = new Map()

  constructor(db: Reader, question: LatestQuestion) {
    this.#db = db
    this.#question = question
  }

  async firstGood(
    next: (page: Page) => Promise<readonly Row<'checkpoint'>[]>,
    abandoned: boolean,
  ): Promise<Good | undefined> {
    let page: Page = { offset: 0, limit: CANDIDATES_FIRST_COUNT }
    while (this.goesOn) {
      const rows = await next(page)
      const assessed = rows.length > 1 ? await this.#assess(rows) : undefined
      for (const row of rows) {
        const assessment =
          assessed && (assessed.get(row.digest) ?? { grade: 'committed', failing: false })
        const summary = await this.#judge(row, { abandoned, assessment })
        if (summary !== undefined) return { row, summary }
        if (!this.goesOn) return undefined
      }
      if (rows.length < page.limit) return undefined
      const limit = Math.min(
        CANDIDATES_PAGE_COUNT,
        Math.max(CANDIDATES_SECOND_COUNT, page.limit * 2),
      )
      page = { offset: page.offset + page.limit, limit }
    }
    return undefined
  }

  skip(place: Place, fault: Fault): void {
    const { digest: checkpoint, run, step } = place
    if (this.#seen.has(checkpoint)) return
    this.#seen.add(checkpoint)
    this.skippedCount += 1
    if (this.skipped.length < SKIPPED_MAX_COUNT) {
      this.skipped.push({ checkpoint, run, step, ...fault })
    }
  }

  /** What the evidence says of a page, in one look. */
  #assess(standings: readonly Row<'checkpoint'>[]): ReturnType<typeof assessAll> {
    const { namespace, asOf } = this.#question
    return assessAll(this.#db, namespace, { standings, asOf })
  }

  /** What callers see of a candidate, if it is good. */
  async #judge(
    row: Row<'checkpoint'>,
    {
      abandoned,
      assessment,
    }: { readonly abandoned: boolean; readonly assessment: Assessment | undefined },
  ): Promise<CheckpointSummary | undefined> {
    // A search of all lines comes by those of the current one again.
    if (this.#seen.has(row.digest)) return undefined
    const question = this.#question
    const judged = { standing: row, wanted: question, assessment, known: this.#known }
    const { grade, fault } = await judge(this.#db, question.namespace, judged)
    if (fault === undefined) {
      this.goesOn = false
      return summaryOf(row, { grade, abandoned, tombstoned: false })
    }
    this.skip(row, fault)
    if (this.skippedCount >= CANDIDATES_MAX_COUNT) {
      this.exhausted = false
      this.goesOn = false
    }
    return undefined
  }
}

/** What was registered after the good one and is on no current line: someone will ask why it was not taken. */
async function leftBehind(
  db: Reader,
  question: LatestQuestion,
  good: Row<'checkpoint'> | undefined,
): Promise<readonly Place[]> {
  if (question.includeAbandoned) return []
  return newerInAttempts(db, {
    ...question,
    attempt: good?.attempt ?? 1,
    after: good?.log_index ?? (-1 as LogIndex),
  })
}
