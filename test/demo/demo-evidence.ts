import type { CheckpointSummary, Digest } from '../../client-sdk/api.ts'
import type { Evidence } from '../../client-sdk/cli/demo/judge.ts'
import type { JobStory, OpenedAttempt, PhaseStory } from '../../client-sdk/cli/demo/job-story.ts'
import type { PartitionStock } from '../../client-sdk/cli/demo/take-stock.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'

const partition = '00-10'
const steps = [40, 80, 100] as const

function checkpointOf(job: string, step: number): Digest {
  return digestOf(`${job} ${step}`)
}

function storyOf(job: string, { spooled }: { readonly spooled: boolean }): JobStory {
  const first: OpenedAttempt = {
    run: `${job}-1`,
    attempt: 1,
    flushedCount: 0,
    stepCount: 100,
    from: null,
  }
  const from = { checkpoint: checkpointOf(job, 40), step: 40, stageCount: 1, totalBytes: 9 }
  const second: OpenedAttempt = { ...first, run: `${job}-2`, attempt: 2, from }
  const crash = { partition, attempt: 1, atStep: 55, waitingCount: 0, next: second }
  return {
    job,
    partition,
    attempts: [first, second],
    crashes: [{ ...crash, downMs: 1_000, regainedMs: 1_500 }],
    saved: steps.map((step) => ({
      step,
      kind: 'full',
      checkpoint: checkpointOf(job, step),
      status: spooled ? 'spooled' : 'registered',
      sizeBytes: 9,
    })),
    result: { step: 100, weights: digestOf('weights'), logLoss: 0.5, baselineLoss: 0.6 },
    stepCount: 100,
    trainingMs: 10_000,
  }
}

function summaryOf(job: string, step: number, index: number): CheckpointSummary {
  return {
    checkpoint: checkpointOf(job, step),
    index,
    at: '2026-11-23T10:00:00.000Z',
    namespace: 'demo',
    job,
    partition,
    run: step > 40 ? `${job}-2` : `${job}-1`,
    attempt: step > 40 ? 2 : 1,
    step,
    kind: 'full',
    tier: 'durable',
    chainLength: 1,
    grade: 'committed',
    abandoned: false,
    tombstoned: false,
  }
}

function stockOf(job: string): PartitionStock {
  return {
    job,
    partition,
    checkpoints: steps.map((step, index) => summaryOf(job, step, index)),
    latestStep: 100,
    restoredWeights: digestOf('weights'),
    gapCount: 0,
    spooledCount: 0,
  }
}

function phaseOf(name: string, story: JobStory): PhaseStory {
  return { name, job: story.job, durationMs: 12_000, partitions: [story] }
}

/** What a demonstration finds in which everything is as promised. */
export function goodEvidence(): Evidence {
  const jobs = ['a', 'b', 'c']
  const phases = jobs.map((job, place) => phaseOf(job, storyOf(job, { spooled: place === 2 })))
  return {
    phases,
    stock: {
      registered: new Map(jobs.flatMap((job) => steps.map((step) => [checkpointOf(job, step), 1]))),
      entryCount: 20,
      partitions: jobs.map(stockOf),
    },
    outage: {
      downMs: 3_000,
      latestBefore: new Map([[partition, 40]]),
      latestAfter: new Map([[partition, 80]]),
      killedPartition: partition,
    },
    zombieRefusal: 'ATTEMPT_FENCED',
  }
}
