import type { Grade, SkipReason } from '../../schema/checkpoint.ts'
import type { PlaceOf } from '../../schema/constraint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { DrillFinding, DrillState } from '../../schema/drill.ts'
import { faultOfEnvironment, type SortedFaults } from '../../schema/fault-rules.ts'
import type { JobName, LogIndex, NamespaceName, Partition } from '../../schema/names.ts'
import type { PolicySpec } from '../../schema/policy.ts'
import type { Reader } from '../store/database.ts'
import { findLatest, type FoundLatest, type LatestQuestion } from '../timeline/find-latest.ts'
import { readEnvironment } from '../timeline/read-document.ts'
import { filterFaults } from './filter-faults.ts'

/** All that the look at a line has of the world: none of it can write, fetch or remove. */
export interface DrillView {
  readonly db: Reader
  readonly placeOf: PlaceOf
  /** What is the matter with each environment that was read, for all lines of a drill. */
  readonly environments: Map<Digest, SkipReason | undefined>
}

/** One job and partition, and what its class of jobs needs. */
export interface DrilledLine {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  /** When its first run was opened, RFC 3339. */
  readonly begunAt: string
  readonly asOf: LogIndex
  readonly policy: PolicySpec
  /** What the policy would say. */
  readonly changed: PolicySpec
  readonly faults: SortedFaults
}

/** What would become of a line. */
export type Drilled =
  | { readonly verdict: 'without-good' | 'unaffected' }
  | { readonly verdict: 'affected'; readonly finding: DrillFinding }

/** Looks that read one environment each, which is nearly always enough. */
const HOPEFUL_LOOKS_COUNT = 3
/** Then one that finds all that there are, and one that knows them. */
const LOOKS_MAX_COUNT = HOPEFUL_LOOKS_COUNT + 2

/** What would become of one job and partition if faults had happened: the choice of a recovery, over a filter. */
export async function drillLine(view: DrillView, line: DrilledLine): Promise<Drilled> {
  const { namespace, job, partition, asOf, policy, changed } = line
  const ask = (grade: Grade = 'committed'): LatestQuestion => ({
    namespace,
    job,
    partition,
    asOf,
    minGrade: grade,
    includeAbandoned: false,
  })
  const now = await findLatest(view.db, ask(policy.requiredGrade))
  const { summary: from } = now
  if (from === undefined) return { verdict: 'without-good' }
  const then = await findThen(view, line, ask(changed.requiredGrade))
  const { summary: to } = then
  if (to?.checkpoint === from.checkpoint) return { verdict: 'unaffected' }
  const why = then.skipped.find(({ checkpoint }) => checkpoint === from.checkpoint)
  const beginning = to?.at ?? line.begunAt
  const lostSeconds = Math.max(0, (Date.parse(from.at) - Date.parse(beginning)) / 1000)
  const { rpoSeconds } = changed
  return {
    verdict: 'affected',
    finding: {
      job,
      partition,
      verdict: to === undefined ? 'lost' : 'falls-back',
      from: stateOf(from),
      ...(to === undefined ? {} : { to: stateOf(to) }),
      reason: why?.reason ?? 'GRADE_TOO_LOW',
      ...(why?.because === undefined ? {} : { because: why.because }),
      passedOverCount: Math.max(1, then.skippedCount - now.skippedCount),
      lostSteps: Math.max(0, from.step - (to?.step ?? 0)),
      lostSeconds,
      ...(rpoSeconds === undefined ? {} : { rpoSeconds, withinRpo: lostSeconds <= rpoSeconds }),
    },
  }
}

/** The state that would be chosen; looked for again until every environment that it asks about was read. */
async function findThen(
  { db, placeOf, environments }: DrillView,
  { namespace, faults }: DrilledLine,
  question: LatestQuestion,
): Promise<FoundLatest> {
  const { upgrades } = faults
  for (let count = 0; count < LOOKS_MAX_COUNT; count += 1) {
    const missed = new Set<Digest>()
    const faultOf = (digest: Digest | null): SkipReason | undefined => {
      if (digest === null) return faultOfEnvironment(undefined, upgrades)
      if (environments.has(digest)) return environments.get(digest)
      missed.add(digest)
      // At first one that is not known is hoped to be fine; a line that has many is then seen through at once.
      return count < HOPEFUL_LOOKS_COUNT ? undefined : 'ENVIRONMENT_UNKNOWN'
    }
    const filter = filterFaults(faults, { placeOf, faultOf })
    const found = await findLatest(db, { ...question, filter })
    if (missed.size === 0) return found
    for (const digest of missed) {
      const environment = await readEnvironment(db, namespace, digest)
      environments.set(digest, faultOfEnvironment(environment, upgrades))
    }
  }
  throw new Error('after a look that sees a line through, no environment is unknown')
}

const stateOf = ({ checkpoint, step, at, grade }: DrillState): DrillState => ({
  checkpoint,
  step,
  at,
  grade,
})
