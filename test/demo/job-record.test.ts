import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Digest } from '../../client-sdk/api.ts'
import { parseJobEvent, type JobEvent } from '../../client-sdk/cli/demo/job/job-event.ts'
import { JobRecord } from '../../client-sdk/cli/demo/job-record.ts'
import { redoneSteps } from '../../client-sdk/cli/demo/job-story.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'

function opened(attempt: number, fromStep: number | null): JobEvent {
  const from =
    fromStep === null
      ? null
      : { checkpoint: digestOf(`step ${fromStep}`), step: fromStep, stageCount: 2, totalBytes: 9 }
  return { event: 'opened', run: `run-${attempt}`, attempt, flushedCount: 0, stepCount: 100, from }
}

function checkpoint(
  step: number,
  status: 'registered' | 'spooled',
): JobEvent & { checkpoint: Digest } {
  const digest = digestOf(`step ${step}`)
  return { event: 'checkpoint', step, kind: 'full', checkpoint: digest, status, sizeBytes: 1 }
}

test('a crash costs the steps since the checkpoint it went on from, and the time until they are done again', () => {
  const record = new JobRecord('flights', '00-10')
  record.heard(opened(1, null), 1_000)
  record.heard(checkpoint(40, 'registered'), 1_400)
  record.heard({ event: 'step', step: 55 }, 1_550)
  assert.equal(record.killed(1_600).atStep, 55)
  assert.equal(record.standing.state, 'killed')
  record.started()
  record.heard(opened(2, 40), 2_600)
  record.heard({ event: 'step', step: 50 }, 2_700)
  record.heard({ event: 'step', step: 55 }, 2_750)
  const result: JobEvent = {
    event: 'finished',
    step: 100,
    weights: digestOf('weights'),
    logLoss: 0.5,
    baselineLoss: 0.6,
  }
  record.heard(result, 3_000)
  const story = record.story(result, 3_000)
  const [crash, ...others] = story.crashes
  assert.ok(crash)
  assert.equal(others.length, 0)
  assert.equal(redoneSteps(crash), 15)
  assert.equal(crash.downMs, 1_000)
  assert.equal(crash.regainedMs, 1_150)
  assert.equal(story.trainingMs, 2_000)
})

test('a job that was killed before its first checkpoint does everything again', () => {
  const record = new JobRecord('flights', '00-10')
  record.heard(opened(1, null), 0)
  record.heard({ event: 'step', step: 30 }, 300)
  record.killed(300)
  record.heard(opened(2, null), 500)
  record.heard({ event: 'step', step: 30 }, 800)
  const story = record.story({ step: 30, weights: digestOf(''), logLoss: 0, baselineLoss: 0 }, 800)
  assert.deepEqual(story.crashes.map(redoneSteps), [30])
})

test('spooled checkpoints wait until they are sent, whichever is heard first', () => {
  const record = new JobRecord('flights', '00-10')
  record.heard(opened(1, null), 0)
  record.heard(checkpoint(40, 'spooled'), 1)
  record.heard(checkpoint(80, 'spooled'), 2)
  assert.equal(record.standing.waitingCount, 2)
  record.heard({ event: 'sent', checkpoint: checkpoint(40, 'spooled').checkpoint }, 3)
  assert.equal(record.takeDrained(), 0)
  record.heard({ event: 'sent', checkpoint: checkpoint(80, 'spooled').checkpoint }, 4)
  assert.equal(record.takeDrained(), 2)
  assert.equal(record.takeDrained(), 0)
  record.heard({ event: 'sent', checkpoint: checkpoint(99, 'spooled').checkpoint }, 5)
  record.heard(checkpoint(99, 'spooled'), 6)
  assert.equal(record.standing.waitingCount, 0)
})

test('lines that are no events of a job are passed over', () => {
  for (const line of ['', 'null', '42', '{', '{"event":"other"}', 'a warning']) {
    assert.equal(parseJobEvent(line), undefined)
  }
  assert.deepEqual(parseJobEvent('{"event":"step","step":3}'), { event: 'step', step: 3 })
})
