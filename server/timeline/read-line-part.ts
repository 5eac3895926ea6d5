import type { Tier } from '../../schema/manifest.ts'
import type { LogIndex, NamespaceName, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { runSegment, segmentBelow, type Segment } from './read-line.ts'

/** Tiers of one step: what a part may have to pass over before it goes on. */
const TIERS_COUNT = 2

/** Where a part of a line ended: its last checkpoint. */
export interface LinePlace {
  readonly run: RunId
  readonly step: number
  readonly tier: Tier
}

/** Which part of which line: oldest first, from behind a place on. */
export interface LineQuestion {
  readonly namespace: NamespaceName
  /** The run that the line leads to. */
  readonly run: RunId
  readonly asOf: LogIndex
  readonly minStep?: number | undefined
  readonly maxStep?: number | undefined
  readonly after?: LinePlace | undefined
  /** Most rows. */
  readonly limit: number
}

interface SegmentPart {
  readonly namespace: NamespaceName
  readonly run: RunId
  readonly asOf: LogIndex
  readonly minStep: number
  readonly maxStep: number
  readonly limit: number
}

const partOfSegment = statement<SegmentPart, Row<'checkpoint'>>((db, param) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .where('namespace', '=', param('namespace'))
    .where('run', '=', param('run'))
    .where('step', '>=', param('minStep'))
    .where('step', '<=', param('maxStep'))
    .where('log_index', '<=', param('asOf'))
    .orderBy('step')
    .orderBy('tier')
    .limit(param('limit')),
)

/**
 * A part of the line that leads to a run, oldest first: what it restored from, and what that restored from,
 * each as far as it was taken over, and then the run's own checkpoints. Withdrawn ones are part of it.
 */
export async function readLinePart(
  db: Reader,
  question: LineQuestion,
): Promise<readonly Row<'checkpoint'>[]> {
  const { namespace, asOf, after, limit } = question
  const rows: Row<'checkpoint'>[] = []
  for (const { run, maxStep } of await segmentsFrom(db, question)) {
    const begun = run === after?.run ? after : undefined
    const part = await partOfSegment(db, {
      namespace,
      run,
      asOf,
      minStep: Math.max(question.minStep ?? 0, begun?.step ?? 0),
      maxStep: Math.min(question.maxStep ?? Number.MAX_SAFE_INTEGER, maxStep),
      limit: limit - rows.length + (begun === undefined ? 0 : TIERS_COUNT),
    })
    rows.push(...part.filter((row) => begun === undefined || isAfter(row, begun)))
    if (rows.length >= limit) break
  }
  return rows.slice(0, limit)
}

/** The segments of a line from that of a place on, oldest first. */
async function segmentsFrom(
  db: Reader,
  { namespace, run, after }: LineQuestion,
): Promise<readonly Segment[]> {
  const segments: Segment[] = []
  let segment = await runSegment(db, namespace, run)
  // Ends by itself, because a run restores only from older ones.
  while (segment !== undefined) {
    segments.push(segment)
    if (segment.run === after?.run) break
    segment = await segmentBelow(db, namespace, segment)
  }
  return segments.toReversed()
}

const isAfter = (row: Row<'checkpoint'>, place: LinePlace): boolean =>
  row.step > place.step || (row.step === place.step && row.tier > place.tier)
