import type { Grade, SkipReason } from './fact.ts'
import { chainOf, currentRun, type RunRecord, type Saved, type World } from './world.ts'

/** What a caller asks of a state. */
export interface Wanted {
  readonly minGrade?: Grade | undefined
  readonly environment?: string | undefined
  readonly includeAbandoned?: boolean | undefined
}

/** A candidate that is passed over. */
export interface Skipped {
  readonly checkpoint: string
  readonly run: string
  readonly step: number
  readonly reason: SkipReason
  readonly because?: string | undefined
}

export const grades: readonly Grade[] = ['committed', 'present', 'verified', 'restored']

/** Whether a later attempt left this state behind: it is not on the way back from the newest one. */
export function isAbandoned(world: World, saved: Saved): boolean {
  let run: RunRecord | undefined = currentRun(world, saved.manifest.job, saved.partition)
  let lastStep = Number.POSITIVE_INFINITY
  while (run !== undefined) {
    if (run.opened.subject === saved.manifest.run) return saved.manifest.step > lastStep
    const from = run.opened.restoredFrom
    run = from === undefined ? undefined : world.runs.get(from.run)
    lastStep = from?.step ?? lastStep
  }
  return true
}

const afterLastFailure = ({ evidence }: Saved): Saved['evidence'] =>
  evidence.slice(evidence.findLastIndex(({ outcome }) => outcome === 'failed') + 1)

const rankOf = (grade: Grade): number => grades.indexOf(grade)

/** Whether a failure stands: nothing that looked as closely has passed since. */
function isFailing({ evidence }: Saved): boolean {
  const strongest = evidence.map((_, place) =>
    Math.max(
      0,
      ...evidence
        .slice(place + 1)
        .flatMap((later) => (later.outcome === 'passed' ? [rankOf(later.finding)] : [])),
    ),
  )
  return evidence.some(
    ({ finding, outcome }, place) =>
      outcome === 'failed' && (strongest[place] ?? 0) < rankOf(finding),
  )
}

/** The strongest finding that nothing has contradicted since. */
export function gradeOf(saved: Saved): Grade {
  if (isFailing(saved)) return 'committed'
  const passed: readonly Grade[] = afterLastFailure(saved).map(({ finding }) => finding)
  return grades.findLast((grade) => passed.includes(grade)) ?? 'committed'
}

const isBelow = (grade: Grade, wanted: Grade | undefined): boolean =>
  grades.indexOf(grade) < grades.indexOf(wanted ?? 'committed')

/** What is wrong with one state by itself, whatever lies below it. */
function ownFault(saved: Saved, wanted: Wanted): SkipReason | undefined {
  if (saved.tombstone !== undefined) return 'TOMBSTONED'
  if (isFailing(saved)) return 'EVIDENCE_FAILED'
  if (isBelow(gradeOf(saved), wanted.minGrade)) return 'GRADE_TOO_LOW'
  return undefined
}

/** Why a state is passed over; undefined when it is good. */
export function faultOf(world: World, saved: Saved, wanted: Wanted = {}): Skipped | undefined {
  const skipped = (reason: SkipReason, because?: string): Skipped => ({
    checkpoint: saved.checkpoint,
    run: saved.manifest.run,
    step: saved.manifest.step,
    reason,
    because,
  })
  if (wanted.includeAbandoned !== true && isAbandoned(world, saved)) return skipped('ABANDONED')
  const own = ownFault(saved, wanted)
  if (own !== undefined) return skipped(own)
  if (wanted.environment !== undefined && saved.manifest.environment !== wanted.environment) {
    return skipped('ENVIRONMENT_DIFFERS')
  }
  const below = chainOf(world, saved).slice(0, -1)
  const broken = below.findLast((one) => ownFault(one, wanted) !== undefined)
  return broken === undefined ? undefined : skipped('CHAIN_BROKEN', broken.checkpoint)
}

/** A job's states on the line of a partition and beside it. */
export interface Candidates {
  /** Newest first; of one step the durable one, which is the same progress. */
  readonly onLine: readonly Saved[]
  /** What later attempts left behind, newest first. */
  readonly leftBehind: readonly Saved[]
}

/** Every state of a job and partition. */
export function candidatesOf(world: World, job: string, partition: string): Candidates {
  const all = [...world.checkpoints.values()].filter(
    (saved) => saved.manifest.job === job && saved.partition === partition,
  )
  return {
    onLine: all
      .filter((saved) => !isAbandoned(world, saved))
      .toSorted(
        ({ manifest: left }, { manifest: right }) =>
          right.attempt - left.attempt ||
          right.step - left.step ||
          (left.tier === 'durable' ? -1 : 1),
      ),
    leftBehind: all.filter((saved) => isAbandoned(world, saved)).toReversed(),
  }
}

/** The newest good state, and every newer one with the reason why not. */
export function latestOf(
  { leftBehind, onLine }: Candidates,
  world: World,
  wanted: Wanted,
): { readonly good: Saved | undefined; readonly skipped: readonly Skipped[] } {
  const skipped: Skipped[] = []
  const isGood = (saved: Saved): boolean => {
    const fault = faultOf(world, saved, wanted)
    if (fault !== undefined) skipped.push(fault)
    return fault === undefined
  }
  if (wanted.includeAbandoned === true) {
    return { good: onLine.find(isGood) ?? leftBehind.find(isGood), skipped }
  }
  const good = onLine.find(isGood)
  // None of these is good without being asked for: this tells each that is newer than the answer.
  leftBehind.filter(({ index }) => index > (good?.index ?? -1)).forEach(isGood)
  return { good, skipped }
}
