import { ABANDONED_MAX_COUNT, type Abandoned } from '../../schema/abandoned.ts'
import type { LogIndex, NamespaceName, RunId } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'
import { newestSegment, runSegment, segmentBelow, type LineKey } from '../timeline/read-line.ts'

/** A run's checkpoints between two steps: above the one, up to the other. */
interface Span {
  readonly namespace: NamespaceName
  readonly run: RunId
  readonly asOf: LogIndex
  readonly above: number
  readonly upTo: number
}

const countOf = statement<Span, { count: number }>((db, param) =>
  db
    .selectFrom('checkpoint')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('namespace', '=', param('namespace'))
    .where('run', '=', param('run'))
    .where('step', '>', param('above'))
    .where('step', '<=', param('upTo'))
    .where('log_index', '<=', param('asOf')),
)

type Listed = Pick<Row<'checkpoint'>, 'digest' | 'run' | 'step' | 'kind' | 'tier'>

const newestOf = statement<Span, Listed>((db, param) =>
  db
    .selectFrom('checkpoint')
    .select(['digest', 'run', 'step', 'kind', 'tier'])
    .where('namespace', '=', param('namespace'))
    .where('run', '=', param('run'))
    .where('step', '>', param('above'))
    .where('step', '<=', param('upTo'))
    .where('log_index', '<=', param('asOf'))
    .orderBy('step', 'desc')
    .orderBy('tier')
    .limit(ABANDONED_MAX_COUNT),
)

/** A line as of an index, and the state that a new one would begin from; none for a fresh start. */
export interface Leaving extends LineKey {
  readonly onto: { readonly run: RunId; readonly step: number } | undefined
}

/** What is on a line, and not on the one that begins from a state. */
export async function findAbandoned(db: Reader, leaving: Leaving): Promise<Abandoned> {
  const { namespace, asOf } = leaving
  const kept = await stepsKept(db, leaving)
  const found: Listed[] = []
  let count = 0
  let segment = await newestSegment(db, leaving)
  while (segment !== undefined) {
    const { run, maxStep } = segment
    const above = kept.get(run)
    const span = { namespace, run, asOf, above: above ?? -1, upTo: maxStep }
    const [counted] = await countOf(db, span)
    count += counted?.count ?? 0
    if (found.length < ABANDONED_MAX_COUNT) found.push(...(await newestOf(db, span)))
    // Two lines that share a run are one below it.
    if (above !== undefined) break
    segment = await segmentBelow(db, namespace, segment)
  }
  const checkpoints = found
    .slice(0, ABANDONED_MAX_COUNT)
    .map(({ digest: checkpoint, ...place }) => ({ checkpoint, ...place }))
  return { count, checkpoints }
}

/** The last step of each run on the line that begins from a state. */
async function stepsKept(
  db: Reader,
  { namespace, onto }: Leaving,
): Promise<ReadonlyMap<RunId, number>> {
  const kept = new Map<RunId, number>()
  if (onto === undefined) return kept
  let segment = await runSegment(db, namespace, onto.run)
  while (segment !== undefined) {
    kept.set(segment.run, kept.size === 0 ? onto.step : segment.maxStep)
    segment = await segmentBelow(db, namespace, segment)
  }
  return kept
}
