import type { SkipReason } from '../../schema/checkpoint.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { FoundLatest, LatestQuestion } from '../timeline/find-latest.ts'

/** What can be done about each reason; the most frequent ones are told. */
const nextSteps: Readonly<Record<SkipReason, string>> = {
  ABANDONED: 'ask with includeAbandoned',
  TOMBSTONED: 'resume from an older partition or job, because withdrawn states stay withdrawn',
  EVIDENCE_FAILED: 'verify the failed ones again if their bytes were mended',
  GRADE_TOO_LOW: 'lower minGrade, or verify the newest one',
  ENVIRONMENT_DIFFERS: 'leave out "environment", or run in the one that was recorded',
  ENVIRONMENT_UNKNOWN: 'record the environment with the next checkpoints',
  CHAIN_BROKEN: 'mend the checkpoint that "because" names, and verify it',
  STEP_TOO_HIGH: 'raise maxStep',
  TOO_OLD: 'raise maxAgeSeconds',
  WORLD_SIZE_DIFFERS: 'run with the world size that was recorded, or leave out "worldSize"',
  FORMAT_UNREADABLE: 'use a program that reads the recorded formats, and name them in "formats"',
  UNAVAILABLE: 'wait for the region or bucket, or copy the blobs to another',
}

/** Reasons whose next step is told: a person tries one or two things. */
const STEPS_MAX_COUNT = 2

/** The refusal when candidates exist and none can be used: never a silent fresh start. */
export function explainNoGood(
  question: Pick<LatestQuestion, 'job' | 'partition'>,
  { skipped, skippedCount, exhausted }: Pick<FoundLatest, 'skipped' | 'skippedCount' | 'exhausted'>,
): CatalogError {
  const place = question.partition === '' ? question.job : `${question.job} ${question.partition}`
  const reasons = countReasons(skipped)
  const steps = reasons.slice(0, STEPS_MAX_COUNT).map(([reason]) => nextSteps[reason])
  const looked = exhausted
    ? `${skippedCount} candidates were passed over`
    : `the search stopped after ${skippedCount} candidates`
  const told = reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')
  return new CatalogError(
    'NO_GOOD_CHECKPOINT',
    skippedCount === 0
      ? `${place} has no checkpoint on its current line: ask with includeAbandoned, resume from a digest, or start over with resume "none".`
      : `${place} has no good checkpoint: ${looked} (${told}). Next: ${steps.join('; or ')}; or resume from a digest, or start over with resume "none".`,
    { detail: { skipped, skippedCount } },
  )
}

/** Reasons among those that are listed, the most frequent first. */
function countReasons(skipped: FoundLatest['skipped']): readonly (readonly [SkipReason, number])[] {
  const counts = new Map<SkipReason, number>()
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].toSorted(([, left], [, right]) => right - left)
}
