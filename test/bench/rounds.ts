import type { Sample } from './http-load.ts'
import { median, variation } from './statistics.ts'

/** A reference that varies by more than this between rounds measures the machine, not the catalog. */
export const VARIATION_MAX = 0.25
/** A disturbed block is measured again, and after this many times shown as invalid. */
const ATTEMPTS_MAX_COUNT = 3

/** One thing to measure, in every round once. */
export interface Measure {
  readonly name: string
  readonly run: () => Promise<Sample>
  /** Whether others are compared with it, so that it must be steady. */
  readonly isReference?: boolean
}

/** What rounds of several measures gave; measures of one round are comparable. */
export interface Block {
  readonly samples: ReadonlyMap<string, readonly Sample[]>
  /** Times it was measured, the last of which this is. */
  readonly attemptCount: number
  /** The largest variation of a reference; the block is invalid above {@link VARIATION_MAX}. */
  readonly variation: number
}

export interface RoundOptions {
  readonly roundCount: number
  /** What of a reference must be steady; default its rate. */
  readonly steady?: (sample: Sample) => number
  readonly onRound?: (text: string) => void
}

/** Runs every measure once to warm up, then all of them in turn, round after round. */
export async function interleave(
  measures: readonly Measure[],
  { roundCount, steady = (sample) => sample.perSecond, onRound }: RoundOptions,
): Promise<Block> {
  for (const measure of measures) await measure.run()
  let attemptCount = 0
  for (;;) {
    attemptCount += 1
    const samples = new Map<string, Sample[]>(measures.map(({ name }) => [name, []]))
    for (let round = 1; round <= roundCount; round += 1) {
      onRound?.(`${measures.map(({ name }) => name).join(', ')}: round ${round} of ${roundCount}`)
      for (const measure of measures) samples.get(measure.name)?.push(await measure.run())
    }
    const references = measures.filter(({ isReference }) => isReference)
    const worst = Math.max(
      0,
      ...references.map(({ name }) => variation((samples.get(name) ?? []).map(steady))),
    )
    if (worst <= VARIATION_MAX || attemptCount === ATTEMPTS_MAX_COUNT) {
      return { samples, attemptCount, variation: worst }
    }
    onRound?.(`a reference varied by ${Math.round(worst * 100)} %: measuring again`)
  }
}

/** One number of a measure, over its rounds. */
export interface Figure {
  readonly middle: number
  readonly low: number
  readonly high: number
}

/** A figure from the numbers of all rounds. */
export function figureOf(values: readonly number[]): Figure {
  return { middle: median(values), low: Math.min(...values), high: Math.max(...values) }
}

/** A measure's samples. */
export function samplesOf(block: Block, name: string): readonly Sample[] {
  const samples = block.samples.get(name)
  if (samples === undefined) throw new Error(`the block has no ${name}`)
  return samples
}

/** One number of a measure, divided by that of another in the same round. */
export function ratioOf(
  block: Block,
  names: readonly [string, string],
  number: (sample: Sample) => number = (sample) => sample.perSecond,
): Figure {
  const above = samplesOf(block, names[0])
  const below = samplesOf(block, names[1])
  return figureOf(
    above.map((sample, round) => {
      const reference = below[round]
      return reference === undefined ? Number.NaN : number(sample) / number(reference)
    }),
  )
}
