import { createGenerator, seedGenerator, type GeneratorState } from './generator.ts'
import { copyModel, createModel, trainBatch, type Model } from './model.ts'
import type { TrainingParameters } from './parameters.ts'
import type { Rows } from './rows.ts'

/** Everything that a training needs to go on, bit for bit, as if it had never stopped. */
export interface TrainingState {
  /** Batches trained on. */
  readonly step: number
  readonly model: Model
  /** The generator before it puts the rows of the next step's epoch in order. */
  readonly shuffle: GeneratorState
  /** The generator before it drops features of the next step's batch. */
  readonly dropout: GeneratorState
}

/** A training under way. */
export interface Trainer {
  readonly step: number
  readonly stepCount: number
  readonly stepsAnEpoch: number
  readonly rowsDone: number
  /** The model, which the next step changes. */
  readonly model: Model
  /** Trains on one more batch. */
  advance(): void
  /** A copy that later steps leave alone. */
  state(): TrainingState
}

/** The state before the first step. */
export function startState(parameters: TrainingParameters, seed: string): TrainingState {
  return {
    step: 0,
    model: createModel(parameters.weightCount),
    shuffle: seedGenerator(seed, 'shuffle'),
    dropout: seedGenerator(seed, 'dropout'),
  }
}

/** Goes on from a state: the same rows, parameters and state give the same bits, whoever computed the state. */
export function createTrainer(
  rows: Rows,
  parameters: TrainingParameters,
  from: TrainingState,
): Trainer {
  const stepsAnEpoch = Math.max(1, Math.ceil(rows.rowCount / parameters.batchRows))
  const stepCount = stepsAnEpoch * parameters.epochCount
  const model = copyModel(from.model)
  const dropout = createGenerator(from.dropout)
  let { step, shuffle } = from
  let epoch = shuffleRows(rows.rowCount, shuffle)
  const firstRowOf = (atStep: number) => (atStep % stepsAnEpoch) * parameters.batchRows
  return {
    model,
    stepCount,
    stepsAnEpoch,
    get step() {
      return step
    },
    get rowsDone() {
      return Math.floor(step / stepsAnEpoch) * rows.rowCount + firstRowOf(step)
    },
    advance: () => {
      const first = firstRowOf(step)
      const order = epoch.order.subarray(first, first + parameters.batchRows)
      trainBatch(model, { rows, order }, { parameters, dropout })
      step += 1
      if (step % stepsAnEpoch !== 0) return
      shuffle = epoch.after
      epoch = shuffleRows(rows.rowCount, shuffle)
    },
    state: () => ({ step, model: copyModel(model), shuffle, dropout: dropout.state() }),
  }
}

/** Puts all rows in a random order, always from the same first order, so that the generator alone decides. */
function shuffleRows(
  rowCount: number,
  from: GeneratorState,
): { readonly order: Uint32Array; readonly after: GeneratorState } {
  const generator = createGenerator(from)
  const order = Uint32Array.from({ length: rowCount }, (_, row) => row)
  for (let last = rowCount - 1; last > 0; last -= 1) {
    const other = generator.below(last + 1)
    const held = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = held
  }
  return { order, after: generator.state() }
}
