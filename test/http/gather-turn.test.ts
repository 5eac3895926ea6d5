import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createGatherTurn } from '../../server/http/gather-turn.ts'

test('what comes in one turn goes on together, and not before the turn has ended', async () => {
  const turnGathered = createGatherTurn()
  const steps: string[] = []
  const answer = async (name: string): Promise<void> => {
    steps.push(`${name} read`)
    await turnGathered()
    steps.push(`${name} checked`)
    await Promise.resolve()
    steps.push(`${name} answered`)
  }
  await Promise.all([answer('a'), answer('b')])
  assert.deepEqual(steps, [
    'a read',
    'b read',
    'a checked',
    'b checked',
    'a answered',
    'b answered',
  ])
})

test('a later turn is gathered anew', async () => {
  const turnGathered = createGatherTurn()
  const first = turnGathered()
  await first
  const second = turnGathered()
  assert.notEqual(second, first)
  await setImmediate()
  await second
})
