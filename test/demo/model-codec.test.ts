import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  applyChange,
  decodeModel,
  encodeChange,
  encodeModel,
} from '../../client-sdk/cli/demo/job/model-codec.ts'
import { createModel, type Model } from '../../client-sdk/cli/demo/job/model.ts'

const SIZE = 12
const numbers = fc.float64Array({ minLength: SIZE, maxLength: SIZE })
const models = fc.record({ weights: numbers, velocity: numbers })

/** Equal values can have different bits. */
function bitsOf({ weights, velocity }: Model): readonly string[] {
  return [weights, velocity].map((one) =>
    Buffer.from(one.buffer, one.byteOffset, one.byteLength).toString('hex'),
  )
}

test('a whole model comes back with the same bits', () => {
  fc.assert(
    fc.property(models, (model) => {
      assert.deepEqual(bitsOf(decodeModel(encodeModel(model))), bitsOf(model))
    }),
  )
})

test('a change applied to its base gives the model, bit by bit, and leaves the base alone', () => {
  fc.assert(
    fc.property(models, models, (base, model) => {
      const before = bitsOf(base)
      assert.deepEqual(bitsOf(applyChange(base, encodeChange(model, base))), bitsOf(model))
      assert.deepEqual(bitsOf(base), before)
    }),
  )
})

test('a change from 0 to -0 is a change', () => {
  const model = createModel(SIZE)
  model.weights[3] = -0
  const restored = applyChange(createModel(SIZE), encodeChange(model, createModel(SIZE)))
  assert.ok(Object.is(restored.weights[3], -0))
})

test('a change holds only what moved', () => {
  const model = createModel(1_000)
  model.weights[7] = 0.5
  model.velocity[9] = 0.25
  assert.equal(encodeChange(model, createModel(1_000)).length, 12 + 2 * 20)
  assert.equal(encodeModel(model).length, 12 + 2 * 8 * 1_000)
})

test('bytes that are cut short, longer or of the other kind are refused', () => {
  const model = createModel(SIZE)
  model.weights[1] = 1
  const full = encodeModel(model)
  const delta = encodeChange(model, createModel(SIZE))
  const corrupt = { code: 'BLOB_CORRUPT' }
  for (let length = 0; length < full.length; length += 1) {
    assert.throws(() => decodeModel(full.subarray(0, length)), corrupt)
  }
  for (let length = 0; length < delta.length; length += 1) {
    assert.throws(() => applyChange(createModel(SIZE), delta.subarray(0, length)), corrupt)
  }
  assert.throws(() => decodeModel(Buffer.concat([full, Buffer.alloc(1)])), corrupt)
  assert.throws(() => decodeModel(delta), corrupt)
  assert.throws(() => applyChange(createModel(SIZE), full), corrupt)
})

test('a change of a model of another size is refused', () => {
  const delta = encodeChange(createModel(SIZE), createModel(SIZE))
  assert.throws(() => applyChange(createModel(SIZE + 1), delta), { code: 'BLOB_CORRUPT' })
})
