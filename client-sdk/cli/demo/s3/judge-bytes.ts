import type { Digest } from '../../../api.ts'
import type { Judgement } from '../judge.ts'
import type { LookStory, ReleaseStory } from './bytes-story.ts'

/** Compares what was promised about bytes with what happened to them. */
export function judgeBytes(look: LookStory, release: ReleaseStory): readonly Judgement[] {
  return [
    judgeVerified(look),
    judgeLoss(look),
    judgeRetention(release),
    judgeSweep(release),
    judgeAfter(release),
  ]
}

function judgeVerified({ verifiedCount, blobCount, notPassed }: LookStory): Judgement {
  return {
    promise: 'What the jobs put into S3 is there, byte for byte',
    evidence: `${verifiedCount} checkpoints and ${blobCount} pinned versions verified, through every crash`,
    differences: [
      ...(verifiedCount === 0 ? ['There was no checkpoint to verify.'] : []),
      ...notPassed.map((digest) => `${digest} did not pass`),
    ],
  }
}

function judgeLoss({ loss }: LookStory): Judgement {
  const { outcome, fault, reason, latestStep, stepBefore } = loss
  const expected = [
    ['the verification', outcome, 'failed'],
    ['its fault', fault, 'BLOB_NOT_FOUND'],
    ['the step of `latest`', latestStep, stepBefore],
    ['the reason of `latest`', reason, 'EVIDENCE_FAILED'],
  ] as const
  return {
    promise: 'A version that somebody deletes is found, and `latest` falls to the one before',
    evidence: `step ${loss.step} of ${loss.partition} lost its bytes, ${fault ?? 'nothing'} was found, and step ${latestStep ?? 'none'} is the latest`,
    differences: expected.flatMap(([what, found, wanted]) =>
      found !== undefined && found === wanted
        ? []
        : [`${what} is ${found ?? 'nothing'}, and not ${wanted ?? 'anything'}`],
    ),
  }
}

function judgeRetention({ decisions, withdrawn, withdrawnByDryRun }: ReleaseStory): Judgement {
  const dropped = decisions
    .filter(({ decision }) => decision === 'drop')
    .map(({ checkpoint }) => checkpoint)
  const unexplained = decisions.filter(({ reasons }) => reasons.length === 0)
  return {
    promise: 'A dry run changes nothing, and says with reasons what the real one does',
    evidence: `${decisions.length} decisions, ${dropped.length} of them to drop, ${withdrawn.length} checkpoints withdrawn`,
    differences: [
      ...(dropped.length === 0 ? ['Nothing was dropped, so nothing was shown.'] : []),
      ...withdrawnByDryRun.map((digest) => `${digest} was withdrawn by the dry run`),
      ...without(withdrawn, dropped).map((digest) => `${digest} was withdrawn unforeseen`),
      ...without(dropped, withdrawn).map((digest) => `${digest} was to be dropped, and was not`),
      ...unexplained.map(({ checkpoint }) => `${checkpoint} was decided without a reason`),
    ],
  }
}

function judgeSweep(release: ReleaseStory): Judgement {
  const { foreseen, swept, freeCount, neededCount, missing, remaining } = release
  return {
    promise: 'A sweep removes the versions that nothing needs, and no other',
    evidence: `the store itself was asked for ${freeCount} versions that nothing needs and ${neededCount} that something does`,
    differences: [
      ...(swept.removedCount === 0 ? ['Nothing was removed, so nothing was shown.'] : []),
      ...(foreseen.removedCount === swept.removedCount
        ? []
        : [`${foreseen.removedCount} were foreseen, and ${swept.removedCount} removed`]),
      ...swept.left.map(({ uri, code }) => `${uri} was left: ${code}`),
      ...missing.map((version) => `${version} is needed and gone`),
      ...remaining.map((version) => `${version} is swept and still there`),
    ],
  }
}

function judgeAfter(release: ReleaseStory): Judgement {
  const { latestBefore, latestAfter, notPassed, verifiedCount, sweptPlan, hasRecord } = release
  const moved = [...latestBefore].filter(([partition, step]) => latestAfter.get(partition) !== step)
  return {
    promise: '`latest` is what it was, whole; of what was swept the record stays',
    evidence: `${verifiedCount} latest checkpoints verified with their chains; a plan from a swept one is ${sweptPlan}`,
    differences: [
      ...moved.map(
        ([partition, step]) =>
          `${partition}: step ${step} before, ${latestAfter.get(partition) ?? 'none'} after`,
      ),
      ...notPassed.map((digest) => `${digest} did not pass`),
      ...(sweptPlan === 'BLOBS_SWEPT' && hasRecord
        ? []
        : [`a swept checkpoint: ${sweptPlan}, ${hasRecord ? 'with' : 'without'} its record`]),
    ],
  }
}

const without = (all: readonly Digest[], known: readonly Digest[]): readonly Digest[] => {
  const set = new Set(known)
  return all.filter((digest) => !set.has(digest))
}
