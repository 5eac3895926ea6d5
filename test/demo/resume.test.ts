import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyChange, decodeModel } from '../../client-sdk/cli/demo/job/model-codec.ts'
import { baselineLoss, digestWeights, logLoss } from '../../client-sdk/cli/demo/job/model.ts'
import { encodeState, parseGenerators } from '../../client-sdk/cli/demo/job/saved-state.ts'
import {
  createTrainer,
  startState,
  type Trainer,
  type TrainingState,
} from '../../client-sdk/cli/demo/job/trainer.ts'
import { smallParameters, smallRows } from './small-flights.ts'

const { training, heldOut } = smallRows()

function trainFrom(state: TrainingState): Trainer {
  return createTrainer(training, smallParameters, state)
}

function advanceTo(trainer: Trainer, step: number): Trainer {
  while (trainer.step < step) trainer.advance()
  return trainer
}

/** The state as it is after being saved as a full one, changed until a later step, and read again. */
function savedAndRestored(fullAt: number, deltaAt: number): TrainingState {
  const trainer = trainFrom(startState(smallParameters, '7'))
  const full = advanceTo(trainer, fullAt).state()
  const delta = advanceTo(trainer, deltaAt).state()
  const base = decodeModel(encodeState(full).model)
  const bytes = encodeState(delta, full.model)
  const generators = parseGenerators(new TextDecoder().decode(bytes.generators))
  return { step: deltaAt, model: applyChange(base, bytes.model), ...generators }
}

test('a training that is saved, restored and continued at any step ends with the same bits', () => {
  const undisturbed = trainFrom(startState(smallParameters, '7'))
  const { stepCount } = undisturbed
  const expected = digestWeights(advanceTo(undisturbed, stepCount).model)
  for (let step = 0; step <= stepCount; step += 1) {
    const restored = savedAndRestored(Math.floor(step / 2), step)
    const model = advanceTo(trainFrom(restored), stepCount).model
    assert.equal(digestWeights(model), expected, `saved at step ${step}`)
  }
})

test('a training from another seed ends with other bits', () => {
  const results = ['7', '8'].map((seed) => {
    const trainer = trainFrom(startState(smallParameters, seed))
    return digestWeights(advanceTo(trainer, trainer.stepCount).model)
  })
  assert.notEqual(results[0], results[1])
})

test('a state stays as it was while the training goes on', () => {
  const trainer = advanceTo(trainFrom(startState(smallParameters, '7')), 5)
  const state = trainer.state()
  const before = digestWeights(state.model)
  advanceTo(trainer, 10)
  assert.equal(digestWeights(state.model), before)
})

test('every row is trained on once an epoch, and the model learns something', () => {
  const trainer = trainFrom(startState(smallParameters, '7'))
  assert.equal(trainer.stepCount, 2 * Math.ceil(training.rowCount / smallParameters.batchRows))
  advanceTo(trainer, trainer.stepsAnEpoch)
  assert.equal(trainer.rowsDone, training.rowCount)
  const untrained = trainFrom(startState(smallParameters, '7'))
  assert.ok(logLoss(trainer.model, training) < logLoss(untrained.model, training))
  assert.ok(baselineLoss(heldOut) > 0)
})
