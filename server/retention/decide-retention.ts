import { grades, type Grade } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Tier } from '../../schema/manifest.ts'
import type { Labels, RunId } from '../../schema/names.ts'
import type { RetentionRule } from '../../schema/policy.ts'
import type { RetentionReason } from '../../schema/retention.ts'
import { selectByRule } from './select-by-rule.ts'

/** A live checkpoint of one job and partition, as far as retention looks at it. */
export interface RetentionCandidate {
  readonly digest: Digest
  readonly index: number
  readonly atMs: number
  readonly run: RunId
  readonly attempt: number
  readonly step: number
  readonly tier: Tier
  readonly base: Digest | null
  readonly labels: Labels | undefined
  /** On the current line: no later attempt left it behind. */
  readonly onLine: boolean
  readonly grade: Grade
  readonly failing: boolean
}

/** What was decided about a candidate, and each reason for it. */
export interface Decided<Candidate extends RetentionCandidate = RetentionCandidate> {
  readonly candidate: Candidate
  readonly keep: boolean
  readonly reasons: readonly RetentionReason[]
}

/** What decides, beside the candidates. */
export interface RetentionTerms {
  /** Undefined where the job has no policy with retention: then everything is kept. */
  readonly rules: readonly RetentionRule[] | undefined
  readonly held: ReadonlySet<Digest>
  readonly nowMs: number
}

/** How far a chain is good: its weakest grade, or not at all. */
type ChainGrade = Grade | undefined

/**
 * Decides about every live checkpoint of one job and partition, newest first.
 *
 * Pure. Whatever the rules say, it keeps what is held, what `latest` would answer at any grade, and all that the
 * kept ones need.
 */
export function decideRetention<Candidate extends RetentionCandidate>(
  candidates: readonly Candidate[],
  { rules, held, nowMs }: RetentionTerms,
): readonly Decided<Candidate>[] {
  const newestFirst = candidates.toSorted((left, right) => right.index - left.index)
  const reasons = new Map<Digest, RetentionReason[]>()
  const keep = (digest: Digest, reason: RetentionReason): void => {
    const known = reasons.get(digest)
    if (known === undefined) reasons.set(digest, [reason])
    else if (known.every(({ code }) => code !== reason.code)) known.push(reason)
  }
  const chains = chainGrades(newestFirst.toReversed())
  const onLine = newestFirst.filter((one) => one.onLine).toSorted(inOrderOfLine)
  for (const one of newestFirst) {
    if (rules === undefined) keep(one.digest, { code: 'NO_RULES' })
    if (held.has(one.digest)) keep(one.digest, { code: 'HELD' })
  }
  for (const digest of lastGood({ onLine, newestFirst, chains })) {
    keep(digest, { code: 'LAST_GOOD' })
  }
  const usable = onLine.filter((one) => chains.get(one.digest) !== undefined)
  for (const rule of rules ?? []) {
    for (const { digest, code } of selectByRule(rule, { usable, all: newestFirst, nowMs })) {
      keep(digest, { code })
    }
  }
  // A base is always older than its deltas, so that one pass reaches all that is needed.
  for (const { digest, base } of newestFirst) {
    if (base !== null && reasons.has(digest)) keep(base, { code: 'NEEDED', because: digest })
  }
  return newestFirst.map((candidate) => {
    const kept = reasons.get(candidate.digest)
    return kept === undefined
      ? { candidate, keep: false, reasons: [whyDropped(candidate, chains)] }
      : { candidate, keep: true, reasons: kept }
  })
}

/** The order in which `latest` looks along a line. */
function inOrderOfLine(left: RetentionCandidate, right: RetentionCandidate): number {
  if (left.attempt !== right.attempt) return right.attempt - left.attempt
  if (left.step !== right.step) return right.step - left.step
  return left.tier < right.tier ? -1 : 1
}

/** How good each chain is, from the oldest on: a delta is as good as the worst that it needs. */
function chainGrades(oldestFirst: readonly RetentionCandidate[]): ReadonlyMap<Digest, ChainGrade> {
  const found = new Map<Digest, ChainGrade>()
  for (const { digest, base, grade, failing } of oldestFirst) {
    const below = base === null ? grade : found.get(base)
    found.set(digest, failing || below === undefined ? undefined : weaker(grade, below))
  }
  return found
}

const weaker = (left: Grade, right: Grade): Grade =>
  grades.indexOf(left) < grades.indexOf(right) ? left : right

/** What `latest` would answer, for each grade that can be asked for; else what it would with abandoned ones. */
function lastGood(of: {
  readonly onLine: readonly RetentionCandidate[]
  readonly newestFirst: readonly RetentionCandidate[]
  readonly chains: ReadonlyMap<Digest, ChainGrade>
}): ReadonlySet<Digest> {
  const found = new Set<Digest>()
  for (const wanted of grades) {
    const reaches = ({ digest }: RetentionCandidate): boolean => {
      const grade = of.chains.get(digest)
      return grade !== undefined && weaker(grade, wanted) === wanted
    }
    const last = of.onLine.find(reaches) ?? of.newestFirst.find(reaches)
    if (last !== undefined) found.add(last.digest)
  }
  return found
}

function whyDropped(
  { digest, onLine }: RetentionCandidate,
  chains: ReadonlyMap<Digest, ChainGrade>,
): RetentionReason {
  if (chains.get(digest) === undefined) return { code: 'NOT_GOOD' }
  return { code: onLine ? 'NOT_SELECTED' : 'ABANDONED' }
}
