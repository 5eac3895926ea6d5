import type { JsonMap } from '../../../api.ts'

/** Part of the day that one partition of the job trains on. */
export interface TimeWindow {
  /** Such as `06-10`. */
  readonly partition: string
  readonly fromHour: number
  /** Not included. */
  readonly toHour: number
}

/** The partitions of the job, about fifty thousand flights each. */
export const timeWindows: readonly TimeWindow[] = [
  { partition: '00-10', fromHour: 0, toHour: 10 },
  { partition: '10-14', fromHour: 10, toHour: 14 },
  { partition: '14-18', fromHour: 14, toHour: 18 },
  { partition: '18-24', fromHour: 18, toHour: 24 },
]

/** What decides, with the data and the seed, every bit of the result. */
export interface TrainingParameters {
  readonly epochCount: number
  readonly batchRows: number
  readonly learningRate: number
  readonly momentum: number
  /** Share of features left out at random of each row that is trained on. */
  readonly dropout: number
  readonly decay: number
  /** A power of two. */
  readonly weightCount: number
  /** A flight with a longer delay counts as late. */
  readonly lateMinutes: number
}

/** Six passes over fifty thousand flights: about a thousand steps a partition. */
export const trainingParameters: TrainingParameters = {
  epochCount: 6,
  batchRows: 256,
  learningRate: 0.6,
  momentum: 0.8,
  dropout: 0.1,
  decay: 0.0005,
  weightCount: 16_384,
  lateMinutes: 15,
}

/** Steps between two checkpoints. */
export const CHECKPOINT_EVERY_STEPS = 40
/** Checkpoints from one full one to the next; those between are deltas. */
export const FULL_EVERY_COUNT = 6

/** The parameters as a manifest records them. */
export function describeParameters(parameters: TrainingParameters, seed: string): JsonMap {
  return { ...parameters, seed }
}
