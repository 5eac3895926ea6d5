import type { OutageStory } from './cut-catalog.ts'
import { keptDigests, type PhaseStory } from './job-story.ts'
import type { PartitionStock, Stock } from './take-stock.ts'

/** Something that Cairn promises, and whether it held. */
export interface Judgement {
  readonly promise: string
  /** What was looked at. */
  readonly evidence: string
  /** What is not as promised; empty when all is. */
  readonly differences: readonly string[]
}

/** All that a demonstration has to go by. */
export interface Evidence {
  /** The undisturbed one first. */
  readonly phases: readonly PhaseStory[]
  readonly stock: Stock
  readonly outage: OutageStory
  /** Code with which an old attempt was refused; undefined when it was not, or nobody tried. */
  readonly zombieRefusal: string | undefined
}

/** Compares what was promised with what happened. */
export function judge(evidence: Evidence): readonly Judgement[] {
  return [
    judgeCrashes(evidence),
    judgeResults(evidence),
    judgeRestored(evidence),
    judgeRegistered(evidence),
    judgeOrder(evidence),
    judgeGaps(evidence),
    judgeLatest(evidence),
    judgeFence(evidence),
  ]
}

function judgeCrashes({ phases, outage }: Evidence): Judgement {
  const crashes = phases.flatMap((phase) => phase.partitions.flatMap((story) => story.crashes))
  const spooledCount = phases
    .flatMap((phase) => phase.partitions.flatMap((story) => story.saved))
    .filter(({ status }) => status === 'spooled').length
  return {
    promise: 'Jobs and the catalog were killed, and all went on',
    evidence: `${crashes.length} jobs and 1 catalog killed with SIGKILL, ${spooledCount} checkpoints spooled in ${(outage.downMs / 1000).toFixed(1)} s`,
    differences: [
      ...(crashes.length === 0
        ? ['No job was killed, so nothing was shown: try another --seed.']
        : []),
      ...(spooledCount === 0 ? ['Nothing was spooled while the catalog was away.'] : []),
    ],
  }
}

function judgeResults({ phases }: Evidence): Judgement {
  const [undisturbed, ...disturbed] = phases
  const differences = disturbed.flatMap((phase) =>
    phase.partitions.flatMap(({ partition, result }) => {
      const expected = undisturbed?.partitions.find((one) => one.partition === partition)?.result
      return expected?.weights === result.weights
        ? []
        : [
            `${phase.name}, ${partition}: ${result.weights} instead of ${expected?.weights ?? 'nothing'}`,
          ]
    }),
  )
  const count = disturbed.reduce((sum, phase) => sum + phase.partitions.length, 0)
  return {
    promise: 'The results are the same to the last bit',
    evidence: `SHA-256 of the weights of ${count} disturbed runs and of those without a crash`,
    differences,
  }
}

function judgeRestored({ phases, stock }: Evidence): Judgement {
  const differences = phases.flatMap((phase) =>
    phase.partitions.flatMap(({ job, partition, result }) => {
      const restored = stockFor(stock, job, partition)?.restoredWeights
      return restored === result.weights
        ? []
        : [
            `${phase.name}, ${partition}: restored ${restored ?? 'nothing'}, computed ${result.weights}`,
          ]
    }),
  )
  return {
    promise: 'What the catalog gives back is what was computed',
    evidence: `${stock.partitions.length} final states planned, fetched, checked and put together`,
    differences,
  }
}

function judgeRegistered({ phases, stock }: Evidence): Judgement {
  const kept = keptDigests(phases.flatMap((phase) => phase.partitions))
  const missing = kept.filter((digest) => !stock.registered.has(digest))
  const repeated = [...stock.registered].filter(([, count]) => count !== 1)
  return {
    promise: 'Every acknowledged checkpoint is registered, and once',
    evidence: `${kept.length} acknowledged, ${stock.registered.size} in the log of ${stock.entryCount} entries`,
    differences: [
      ...missing.map((digest) => `${digest} was acknowledged and is not in the log`),
      ...repeated.map(([digest, count]) => `${digest} is in the log ${count} times`),
    ],
  }
}

function judgeOrder({ stock }: Evidence): Judgement {
  const differences = stock.partitions.flatMap(({ job, partition, checkpoints }) =>
    checkpoints.flatMap((one, place) => {
      const before = checkpoints[place - 1]
      const isAhead = before === undefined || before.run !== one.run || before.step < one.step
      return isAhead && (before === undefined || before.index < one.index)
        ? []
        : [`${job}, ${partition}: step ${one.step} came after step ${before?.step ?? 0}`]
    }),
  )
  return {
    promise: 'The order is kept, also through a spool',
    evidence: 'steps grow along the log within every run',
    differences,
  }
}

function judgeGaps({ phases, stock }: Evidence): Judgement {
  const dropped = phases
    .flatMap((phase) => phase.partitions.flatMap((story) => story.saved))
    .filter(({ status }) => status === 'dropped')
  return {
    promise: 'There are no gaps, and nothing is left in a spool',
    evidence: `${stock.registered.size} manifests and ${stock.partitions.length} spools`,
    differences: [
      ...dropped.map(({ step }) => `The checkpoint of step ${step} was dropped`),
      ...stock.partitions.flatMap(({ job, partition, gapCount, spooledCount }) => [
        ...(gapCount > 0 ? [`${job}, ${partition}: ${gapCount} manifests tell of a gap`] : []),
        ...(spooledCount > 0 ? [`${job}, ${partition}: ${spooledCount} records in the spool`] : []),
      ]),
    ],
  }
}

function judgeLatest({ phases, stock, outage }: Evidence): Judgement {
  const lost = [...outage.latestBefore].flatMap(([partition, step]) => {
    const after = outage.latestAfter.get(partition)
    return after !== undefined && after >= step
      ? []
      : [`${partition}: step ${step} before the catalog was killed, ${after ?? 'none'} after`]
  })
  const unfinished = phases.flatMap((phase) =>
    phase.partitions.flatMap(({ job, partition, stepCount }) => {
      const step = stockFor(stock, job, partition)?.latestStep
      return step === stepCount
        ? []
        : [`${job}, ${partition}: step ${step ?? 'none'} of ${stepCount}`]
    }),
  )
  return {
    promise: '`latest` never goes back, and ends at the end',
    evidence: `before and after the outage, and for ${stock.partitions.length} finished jobs`,
    differences: [...lost, ...unfinished],
  }
}

function judgeFence({ zombieRefusal }: Evidence): Judgement {
  return {
    promise: 'An attempt that was given up cannot write any more',
    evidence: `refused with ${zombieRefusal ?? 'nothing'}`,
    differences:
      zombieRefusal === 'ATTEMPT_FENCED'
        ? []
        : [`An old attempt got ${zombieRefusal ?? 'through, or nobody tried'}`],
  }
}

function stockFor(stock: Stock, job: string, partition: string): PartitionStock | undefined {
  return stock.partitions.find((one) => one.job === job && one.partition === partition)
}
