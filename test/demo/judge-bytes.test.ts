import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RetentionDecision, SweepReport } from '../../client-sdk/api.ts'
import type { LookStory, ReleaseStory } from '../../client-sdk/cli/demo/s3/bytes-story.ts'
import { judgeBytes } from '../../client-sdk/cli/demo/s3/judge-bytes.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'

const dropped = digestOf('dropped')
const kept = digestOf('kept')

const look: LookStory = {
  verifiedCount: 3,
  blobCount: 6,
  bytesRead: 0,
  notPassed: [],
  loss: {
    partition: '00-10',
    checkpoint: digestOf('lost'),
    step: 100,
    outcome: 'failed',
    fault: 'BLOB_NOT_FOUND',
    latestStep: 80,
    stepBefore: 80,
    reason: 'EVIDENCE_FAILED',
  },
}

function decisionOf(
  checkpoint: RetentionDecision['checkpoint'],
  decision: RetentionDecision['decision'],
): RetentionDecision {
  return {
    checkpoint,
    decision,
    reasons: [{ code: decision === 'keep' ? 'LATEST' : 'NOT_SELECTED' }],
    job: 'flights-killed',
    partition: '00-10',
    run: 'run-1',
    step: 40,
    tier: 'light',
    index: 7,
    at: '2026-11-23T10:00:00.000Z',
    bytes: 9,
    tombstoned: false,
  }
}

const swept: SweepReport = {
  dryRun: false,
  checkpointCount: 1,
  sweptCount: 1,
  removedCount: 2,
  removedBytes: 9,
  absentCount: 0,
  sharedCount: 0,
  waitingCount: 0,
  leftCount: 0,
  left: [],
  next: null,
}

const release: ReleaseStory = {
  decisions: [decisionOf(dropped, 'drop'), decisionOf(kept, 'keep')],
  withdrawnByDryRun: [],
  withdrawn: [dropped],
  latestBefore: new Map([['00-10', 80]]),
  latestAfter: new Map([['00-10', 80]]),
  foreseen: { ...swept, dryRun: true },
  swept,
  neededCount: 4,
  missing: [],
  freeCount: 2,
  remaining: [],
  notPassed: [],
  verifiedCount: 3,
  sweptPlan: 'BLOBS_SWEPT',
  hasRecord: true,
}

/** Places of the promises that were not kept. */
const broken = (looked: Partial<LookStory>, released: Partial<ReleaseStory>): readonly number[] =>
  judgeBytes({ ...look, ...looked }, { ...release, ...released }).flatMap(
    ({ differences }, place) => (differences.length > 0 ? [place] : []),
  )

test('what happened to bytes as promised is found so', () => {
  assert.deepEqual(broken({}, {}), [])
})

test('each way in which it may differ breaks its promise, and no other', () => {
  const { loss } = look
  const left = { checkpoint: dropped, uri: 's3://a/b', versionId: 'v', code: 'STORE_UNAVAILABLE' }
  const cases: readonly (readonly [number, Partial<LookStory>, Partial<ReleaseStory>])[] = [
    [0, { notPassed: [kept] }, {}],
    [0, { verifiedCount: 0 }, {}],
    [1, { loss: { ...loss, outcome: 'passed' } }, {}],
    [1, { loss: { ...loss, fault: undefined } }, {}],
    [1, { loss: { ...loss, latestStep: 100 } }, {}],
    [1, { loss: { ...loss, latestStep: undefined, stepBefore: undefined } }, {}],
    [1, { loss: { ...loss, reason: undefined } }, {}],
    [2, {}, { withdrawnByDryRun: [dropped] }],
    [2, {}, { withdrawn: [] }],
    [2, {}, { withdrawn: [dropped, kept] }],
    [2, {}, { decisions: [], withdrawn: [] }],
    [3, {}, { swept: { ...swept, removedCount: 1 } }],
    [3, {}, { swept: { ...swept, left: [{ ...left, message: 'It is away.' }] } }],
    [3, {}, { missing: ['s3://a/b v'] }],
    [3, {}, { remaining: ['s3://a/b v'] }],
    [4, {}, { latestAfter: new Map() }],
    [4, {}, { notPassed: [kept] }],
    [4, {}, { sweptPlan: 'given' }],
    [4, {}, { hasRecord: false }],
  ]
  for (const [place, looked, released] of cases) {
    assert.deepEqual(broken(looked, released), [place], JSON.stringify([looked, released]))
  }
})
