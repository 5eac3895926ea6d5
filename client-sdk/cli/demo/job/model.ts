import { createHash } from 'node:crypto'
import type { Digest } from '../../../api.ts'
import { FEATURE_COUNT } from './features.ts'
import type { Generator } from './generator.ts'
import type { TrainingParameters } from './parameters.ts'
import type { Rows } from './rows.ts'

/** A logistic regression in the middle of its training. */
export interface Model {
  readonly weights: Float64Array
  /** What momentum adds to each weight with the next step that touches it. */
  readonly velocity: Float64Array
}

/** Keeps the logarithm finite when a prediction is as good as certain. */
const PROBABILITY_MIN = 1e-12

/** A model that has seen nothing. */
export function createModel(weightCount: number): Model {
  return { weights: new Float64Array(weightCount), velocity: new Float64Array(weightCount) }
}

/** Another model with the same values. */
export function copyModel({ weights, velocity }: Model): Model {
  return { weights: weights.slice(), velocity: velocity.slice() }
}

/** Digest of the weights' exact bits. */
export function digestWeights({ weights }: Model): Digest {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Moves the model one step down the slope that a batch of rows shows; draws which features to leave out. */
export function trainBatch(
  model: Model,
  batch: { readonly rows: Rows; readonly order: Uint32Array },
  { parameters, dropout }: { readonly parameters: TrainingParameters; readonly dropout: Generator },
): void {
  const { weights, velocity } = model
  const { rows, order } = batch
  const keptScale = 1 / (1 - parameters.dropout)
  // In the order of the rows, so that sums are made the same way every time.
  const slopes = new Map<number, number>()
  for (const row of order) {
    const kept: number[] = []
    for (let feature = 0; feature < FEATURE_COUNT; feature += 1) {
      if (dropout.unit() < parameters.dropout) continue
      kept.push(rows.places[row * FEATURE_COUNT + feature] ?? 0)
    }
    let sum = 0
    for (const place of kept) sum += weights[place] ?? 0
    const error = logistic(sum * keptScale) - (rows.late[row] ?? 0)
    const slope = (error * keptScale) / order.length
    for (const place of kept) slopes.set(place, (slopes.get(place) ?? 0) + slope)
  }
  const { momentum, learningRate, decay } = parameters
  for (const [place, slope] of slopes) {
    const weight = weights[place] ?? 0
    const moved = momentum * (velocity[place] ?? 0) - learningRate * (slope + decay * weight)
    velocity[place] = moved
    weights[place] = weight + moved
  }
}

/** Mean logarithmic loss of the model on rows, in nats; lower is better. */
export function logLoss({ weights }: Model, rows: Rows): number {
  let total = 0
  for (let row = 0; row < rows.rowCount; row += 1) {
    let sum = 0
    for (let feature = 0; feature < FEATURE_COUNT; feature += 1) {
      sum += weights[rows.places[row * FEATURE_COUNT + feature] ?? 0] ?? 0
    }
    const late = logistic(sum)
    const likelihood = rows.late[row] === 1 ? late : 1 - late
    total -= Math.log(Math.max(PROBABILITY_MIN, likelihood))
  }
  return total / Math.max(1, rows.rowCount)
}

/** Loss of the one guess that fits all rows best: what a model has to beat. */
export function baselineLoss(rows: Rows): number {
  const share = rows.late.reduce((sum, late) => sum + late, 0) / Math.max(1, rows.rowCount)
  const entropy = (probability: number) =>
    probability <= 0 ? 0 : -probability * Math.log(probability)
  return entropy(share) + entropy(1 - share)
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value))
}
