import { judge, type Goal, type Verdict } from './goals.ts'
import type { Sample } from './http-load.ts'
import { ratioOf, samplesOf, VARIATION_MAX, type Block, type Figure } from './rounds.ts'
import { median } from './statistics.ts'

/** One line of the table. */
export interface Line {
  readonly name: string
  /** Checkpoints in the database when it was measured, or the span of a growth. */
  readonly size: string
  readonly figure: Figure
  /** What the figure is a ratio to, or its unit. */
  readonly against: string
  readonly goal?: Goal
  readonly verdict: Verdict
  readonly perSecond?: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly serverMicros?: number
}

/** A line about a ratio of two measures of a block. */
export interface RatioLine {
  readonly name: string
  readonly size: string
  readonly block: Block
  readonly measures: readonly [string, string]
  readonly goal?: Goal
  /** What of the samples is compared; default their rates. */
  readonly number?: (sample: Sample) => number
  /** Items that one request of the measure is worth; default 1. */
  readonly times?: number
}

/** The line of a ratio: the middle over all rounds, how far rounds lay apart, and the latencies. */
export function ratioLine(ratio: RatioLine): Line {
  const { block, measures, times = 1 } = ratio
  const { middle, low, high } = ratioOf(block, measures, ratio.number)
  const samples = samplesOf(block, measures[0])
  return {
    ...figureLine({
      name: ratio.name,
      size: ratio.size,
      figure: { middle: middle * times, low: low * times, high: high * times },
      against: measures[1],
      ...(ratio.goal === undefined ? {} : { goal: ratio.goal }),
      isValid: block.variation <= VARIATION_MAX,
    }),
    perSecond: median(samples.map((sample) => sample.perSecond)),
    p50Ms: median(samples.map((sample) => sample.p50Ms)),
    p99Ms: median(samples.map((sample) => sample.p99Ms)),
    ...(samples.every((sample) => sample.serverMicros === undefined)
      ? {}
      : { serverMicros: median(samples.map((sample) => sample.serverMicros ?? Number.NaN)) }),
  }
}

/** The line of a figure that is no ratio of rates. */
export function figureLine({
  isValid = true,
  ...line
}: Omit<Line, 'verdict'> & { readonly isValid?: boolean }): Line {
  return { ...line, verdict: verdictOf(line, isValid) }
}

function verdictOf({ goal, figure }: Pick<Line, 'goal' | 'figure'>, isValid: boolean): Verdict {
  if (!isValid) return 'invalid'
  return goal === undefined ? '' : judge(goal, figure.middle)
}

/** The line of what a reference did, for the eye. */
export function referenceLine(block: Block, name: string, size: string): Line {
  return {
    ...ratioLine({ name, size, block, measures: [name, name] }),
    against: 'itself',
    verdict: block.variation <= VARIATION_MAX ? '' : 'invalid',
  }
}
