import { canonicalize, type Json } from '../../schema/canonical-json.ts'
import type { PlaceOf } from '../../schema/constraint.ts'
import { encodeCursor, parseCursor } from '../../schema/cursor.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Drill, DrillCounts } from '../../schema/drill.ts'
import { CatalogError } from '../../schema/errors.ts'
import { sortFaults, type SortedFaults } from '../../schema/fault-rules.ts'
import { jobPatterns, requireOnJob, type Principal } from '../../schema/grant.ts'
import type { JobName, LogIndex, NamespaceName, Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { PAGE_DEFAULT_COUNT } from '../../schema/page.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import type { Reader } from '../store/database.ts'
import { matchesPatterns } from '../store/matches-pattern.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { readJobPolicy, readPolicy, unknownPolicy } from '../timeline/read-policy.ts'
import { drillLine, type Drilled, type DrilledLine, type DrillView } from './drill-line.ts'

/** All that a drill has of the world: a read-only handle, and where bytes are said to be. */
export interface DrillWorld {
  readonly db: Reader
  /** Where bytes are, as probes until an entry say it. */
  readonly placesAsOf: (asOf: LogIndex) => Promise<PlaceOf>
  /** Names of the buckets and regions that the configuration knows. */
  readonly configured: ReadonlySet<string>
}

type Input = InputOf<'planDrill'>

/** Of which namespace, as of when, and what did not happen. */
interface Question {
  readonly namespace: NamespaceName
  readonly asOf: LogIndex
  readonly faults: SortedFaults
}

type Line = Pick<DrilledLine, 'job' | 'partition' | 'begunAt'>

/**
 * What would become of the jobs and partitions of a page if faults had happened. It gets no way to write, fetch
 * or remove anything: only to look.
 *
 * @throws {NAMESPACE_NOT_FOUND | JOB_NOT_FOUND | FORBIDDEN | INVALID_REQUEST | INVALID_CURSOR | LOG_INDEX_OUT_OF_RANGE}
 * @throws {CHECKPOINT_NOT_FOUND | POLICY_NOT_FOUND | DRILL_TARGET_NOT_FOUND} a fault names what does not exist
 */
export async function planDrill(
  world: DrillWorld,
  principal: Principal,
  { namespace, body }: Input,
): Promise<Drill> {
  const { db, configured } = world
  const { limit = PAGE_DEFAULT_COUNT, cursor } = body
  const { job = null, partition = null } = body
  const faults = digestOf(canonicalize([...body.faults]))
  const scope = { list: 'drill', namespace, job, partition, faults }
  const behind = cursor === undefined ? undefined : readPlace(scope, cursor)
  // The pages of a drill are all of the moment of the first.
  const asOf = await resolveAsOf(db, namespace, behind?.asOf ?? body.asOf)
  const question = { namespace, asOf, faults: sortFaults(body.faults) }
  await checkNamed(db, principal, { ...question, body })
  const lines = await linesAfter(db, principal, { ...question, body, behind, limit: limit + 1 })
  const page = lines.slice(0, limit)
  const last = lines.length > limit ? page.at(-1) : undefined
  const seen = new Set(configured)
  const drilled = await drillAll(
    { db, placeOf: noting(await world.placesAsOf(asOf), seen), environments: new Map() },
    question,
    page,
  )
  // With more pages, what a fault names may be on another.
  if (last === undefined && cursor === undefined) checkSeen(question.faults, seen)
  const items = drilled.flatMap((one) => (one.verdict === 'affected' ? [one.finding] : []))
  return {
    namespace,
    asOf,
    counts: countDrilled(drilled),
    items,
    findings: digestOf(canonicalize(items)),
    next: last === undefined ? null : encodeCursor(scope, [last.job, last.partition, asOf]),
  }
}

/** Behind which line a page begins, and as of when. */
interface Place extends Pick<Line, 'job' | 'partition'> {
  readonly asOf: LogIndex
}

function readPlace(scope: Json, cursor: string): Place {
  const kinds = ['string', 'string', 'number'] as const
  const [job, partition, asOf] = parseCursor(scope, cursor, kinds) as [JobName, Partition, LogIndex]
  return { job, partition, asOf }
}

async function drillAll(
  view: DrillView,
  question: Question,
  lines: readonly Line[],
): Promise<readonly Drilled[]> {
  const policies = new Map<JobName, Pick<DrilledLine, 'policy' | 'changed'>>()
  const drilled: Drilled[] = []
  for (const line of lines) {
    const policy = policies.get(line.job) ?? (await policiesOf(view.db, question, line.job))
    policies.set(line.job, policy)
    drilled.push(await drillLine(view, { ...question, ...line, ...policy }))
  }
  return drilled
}

/** What a job's policy says, and what it would say. */
async function policiesOf(
  db: Reader,
  { namespace, asOf, faults }: Question,
  job: JobName,
): Promise<Pick<DrilledLine, 'policy' | 'changed'>> {
  const found = await readJobPolicy(db, { namespace, job, asOf })
  const policy = found?.spec ?? {}
  const change = faults.policies.find((fault) => fault.policy === found?.policy)
  return { policy, changed: change?.spec ?? policy }
}

/** Places as they are, and their names noted. */
function noting(placeOf: PlaceOf, seen: Set<string>): PlaceOf {
  return (source) => {
    const place = placeOf(source)
    seen.add(place.bucket).add(place.origin)
    if (place.region !== undefined) seen.add(place.region)
    return place
  }
}

/** Refuses what faults name and the namespace does not have. */
async function checkNamed(
  db: Reader,
  principal: Principal,
  { namespace, asOf, faults, body }: Question & Pick<Input, 'body'>,
): Promise<void> {
  if (body.job !== undefined) requireOnJob(principal, 'read', { namespace, job: body.job })
  else if (body.partition !== undefined) {
    throw new CatalogError(
      'INVALID_REQUEST',
      'A partition is of a job: give "job" too, or leave "partition" out to drill all.',
      { detail: { pointer: '/partition' } },
    )
  }
  for (const digest of faults.corrupt) {
    await readCheckpoint(db, { principal, verb: 'read' }, { namespace, digest, asOf })
  }
  for (const { policy } of faults.policies) {
    const question = { namespace, policy, asOf }
    if ((await readPolicy(db, question)) === undefined) throw unknownPolicy(question)
  }
}

/** Refuses a place that is neither configured nor that of any bytes: a misspelt region loses nothing. */
function checkSeen({ unavailable }: SortedFaults, seen: ReadonlySet<string>): void {
  const { regions, buckets } = unavailable
  const unknown = [...regions, ...buckets].find((name) => !seen.has(name))
  if (unknown === undefined) return
  throw new CatalogError(
    'DRILL_TARGET_NOT_FOUND',
    `No bytes of these jobs are in "${unknown}", and the configuration does not name it: check the spelling; known are ${[...seen].toSorted().slice(0, 20).join(', ')}.`,
    { detail: { target: unknown } },
  )
}

/** Jobs and partitions that the principal may read, in the order of their names. */
async function linesAfter(
  db: Reader,
  principal: Principal,
  {
    namespace,
    asOf,
    body,
    behind,
    limit,
  }: Question &
    Pick<Input, 'body'> & {
      readonly behind: Place | undefined
      readonly limit: number
    },
): Promise<readonly Line[]> {
  let query = db
    .selectFrom('run')
    .select(['job', 'partition', 'opened_at as begunAt'])
    .where('namespace', '=', namespace)
    .where('attempt', '=', 1)
    .where('opened_index', '<=', asOf)
    .where(matchesPatterns('job', jobPatterns(principal, 'read', namespace)))
  if (body.job !== undefined) query = query.where('job', '=', body.job)
  if (body.partition !== undefined) query = query.where('partition', '=', body.partition)
  if (behind !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('job', '>', behind.job),
        eb.and([eb('job', '=', behind.job), eb('partition', '>', behind.partition)]),
      ]),
    )
  }
  const lines = await query.orderBy('job').orderBy('partition').limit(limit).execute()
  if (lines.length > 0 || body.job === undefined || behind !== undefined) return lines
  throw new CatalogError(
    'JOB_NOT_FOUND',
    `${namespace} has no run of job "${body.job}"${body.partition === undefined ? '' : `, partition "${body.partition}"`}: check the names and asOf; there is nothing to drill before its first run.`,
  )
}

function countDrilled(drilled: readonly Drilled[]): DrillCounts {
  const findings = drilled.flatMap((one) => (one.verdict === 'affected' ? [one.finding] : []))
  const lost = findings.filter(({ verdict }) => verdict === 'lost').length
  return {
    examined: drilled.length,
    unaffected: drilled.filter(({ verdict }) => verdict === 'unaffected').length,
    fallingBack: findings.length - lost,
    lost,
    beyondRpo: findings.filter(({ withinRpo }) => withinRpo === false).length,
    withoutGood: drilled.filter(({ verdict }) => verdict === 'without-good').length,
  }
}
