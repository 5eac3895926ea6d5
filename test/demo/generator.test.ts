import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createGenerator,
  parseGeneratorState,
  seedGenerator,
} from '../../client-sdk/cli/demo/job/generator.ts'

test('the generator gives the published sequence of xoshiro128**', () => {
  const generator = createGenerator([1, 2, 3, 4])
  const words = Array.from({ length: 10 }, () => generator.unit() * 2 ** 32)
  assert.deepEqual(
    words,
    [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ],
  )
})

test('a generator goes on from its saved state as if it had never stopped', () => {
  const generator = createGenerator(seedGenerator('7', 'shuffle'))
  for (let draw = 0; draw < 1_000; draw += 1) generator.below(10)
  const saved = parseGeneratorState(JSON.parse(JSON.stringify(generator.state())))
  assert.ok(saved)
  const restored = createGenerator(saved)
  for (let draw = 0; draw < 100; draw += 1) assert.equal(restored.unit(), generator.unit())
})

test('another seed or another purpose gives another sequence', () => {
  const states = [
    seedGenerator('7', 'shuffle'),
    seedGenerator('7', 'dropout'),
    seedGenerator('8', 'shuffle'),
  ]
  assert.equal(new Set(states.map(String)).size, 3)
})

test('what is no state of a generator is not taken for one', () => {
  for (const value of [
    null,
    'abcd',
    [],
    [1, 2, 3],
    [0, 0, 0, 0],
    [1, 2, 3, -4],
    [1, 2, 3, 2 ** 32],
    [1, 2, 3, '4'],
  ]) {
    assert.equal(parseGeneratorState(value), undefined)
  }
})
