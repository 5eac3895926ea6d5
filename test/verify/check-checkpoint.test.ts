import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkCheckpoint,
  type CheckpointClaim,
  type HeldBlob,
} from '../../client-sdk/verify/check-checkpoint.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { smallEntries, tileLogOf } from './tile-log.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const model: HeldBlob = { rank: 0, name: 'model.bin', digest: digestOf('model') }
const optimizer: HeldBlob = { rank: 1, name: 'model.bin', digest: digestOf('optimizer') }
const manifest = bytesOf(
  canonicalize({
    schemaVersion: 1,
    step: 7,
    shards: [model, optimizer].map(({ rank, name, digest }) => ({
      rank,
      blobs: [{ name, digest, sizeBytes: 5, uri: 's3://bucket/key', versionId: 'v1' }],
    })),
  }),
)
const checkpoint = digestOf(manifest)
const entry = bytesOf(canonicalize({ kind: 'checkpoint.registered', v: 1, subject: checkpoint }))
const log = tileLogOf([...smallEntries(9), entry])
const whole: CheckpointClaim = {
  entry,
  tlogProof: log.receiptOf(9),
  keys: [log.key],
  checkpoint,
  manifest,
  blobs: [model, optimizer],
}

const codesOf = async (claim: CheckpointClaim) =>
  (await checkCheckpoint(claim)).findings.map((one) => one.code)

test('the whole chain from the signed head to the blobs holds', async () => {
  const verdict = await checkCheckpoint(whole)
  assert.ok(verdict.ok)
  assert.equal(verdict.checkpoint, checkpoint)
  assert.equal(verdict.index, 9)
  assert.deepEqual(verdict.uncheckedBlobs, [])
})

test('what the claim leaves out is said to be unchecked', async () => {
  const { entry: itsEntry, tlogProof, keys } = whole
  const bare = await checkCheckpoint({ entry: itsEntry, tlogProof, keys })
  assert.ok(bare.ok)
  assert.equal(bare.checkpoint, checkpoint)
  const some = await checkCheckpoint({ ...whole, blobs: [optimizer] })
  assert.ok(some.ok)
  assert.deepEqual(some.uncheckedBlobs, [model])
})

test('each broken link is found', async () => {
  assert.deepEqual(await codesOf({ ...whole, checkpoint: digestOf('other') }), ['entry-mismatch'])
  assert.deepEqual(await codesOf({ ...whole, manifest: manifest.with(3, 0x78) }), [
    'manifest-mismatch',
  ])
  assert.deepEqual(await codesOf({ ...whole, manifest: bytesOf('[]') }), [
    'manifest-mismatch',
    'manifest-mismatch',
  ])
  const changed = { ...model, digest: digestOf('changed') }
  assert.deepEqual(await codesOf({ ...whole, blobs: [changed] }), ['blob-mismatch'])
  const unknown = { ...model, name: 'extra.bin' }
  assert.deepEqual(await codesOf({ ...whole, blobs: [unknown] }), ['blob-mismatch'])
  assert.deepEqual(await codesOf({ ...whole, keys: [] }), ['signature-unknown'])
})

test('blobs that changed places are found, one by one', async () => {
  const swapped = [
    { ...model, digest: optimizer.digest },
    { ...optimizer, digest: model.digest },
  ]
  const verdict = await checkCheckpoint({ ...whole, blobs: swapped })
  assert.deepEqual(
    verdict.findings.map((one) => one.where),
    ['rank 0, "model.bin"', 'rank 1, "model.bin"'],
  )
})

test('blobs without the manifest cannot be judged', async () => {
  const { entry: itsEntry, tlogProof, keys } = whole
  assert.deepEqual(await codesOf({ entry: itsEntry, tlogProof, keys, blobs: [model] }), [
    'manifest-mismatch',
  ])
})

test('an entry that registers no checkpoint vouches for none', async () => {
  const others = [
    canonicalize({ kind: 'checkpoint.tombstoned', v: 1, subject: checkpoint }),
    canonicalize({ kind: 'checkpoint.registered', v: 1, subject: 'sha256:short' }),
    '{"kind":"checkpoint.registered","kind":"checkpoint.registered"}',
    'null',
    'no JSON',
  ].map(bytesOf)
  const otherLog = tileLogOf(others)
  for (const [index, other] of others.entries()) {
    const claim = {
      ...whole,
      entry: other,
      tlogProof: otherLog.receiptOf(index),
      keys: [otherLog.key],
    }
    assert.deepEqual(await codesOf(claim), ['entry-mismatch'])
  }
})
