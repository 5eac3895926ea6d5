import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawAttempts, type TracedAttempt } from '../../client-sdk/cli/demo/draw-lineage.ts'
import type { Screen } from '../../client-sdk/cli/screen.ts'

const screen: Screen = { columns: undefined, style: (_style, text) => text }

function attempt(
  number: number,
  fromStep: number | undefined,
  steps: readonly number[],
  killedAtStep?: number,
): TracedAttempt {
  const checkpoints = steps.map((step) => ({
    step,
    kind: step % 60 === 10 ? ('full' as const) : ('delta' as const),
  }))
  return { attempt: number, fromStep, checkpoints, killedAtStep }
}

test('each attempt hangs on the checkpoint that it went on from', () => {
  const lines = drawAttempts(
    screen,
    [
      attempt(1, undefined, [10, 20, 30], 35),
      attempt(2, 30, [40, 50, 60, 70], 79),
      attempt(3, 70, [80, 90, 95]),
    ],
    10,
  )
  assert.deepEqual(lines, [
    'step       0                   100',
    'attempt 1  ──◆─○─○✗',
    'attempt 2        ╰─○─○─○─◆✗',
    'attempt 3                ╰─○─○─●',
  ])
})

test('an attempt that left no checkpoint is passed by', () => {
  const lines = drawAttempts(
    screen,
    [attempt(1, undefined, [10, 20], 29), attempt(2, 20, [], 25), attempt(3, 20, [30])],
    10,
  )
  assert.deepEqual(lines.slice(1), ['attempt 1  ──◆─○✗', 'attempt 2      ├✗', 'attempt 3      ╰─●'])
})
