import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { bucketFeatures, isProven, type BucketFindings } from '../../schema/bucket.ts'
import type { ErrorCode } from '../../schema/errors.ts'
import type { PinnedObject } from '../../server/store/blob-store.ts'
import type { S3BlobStore } from '../../server/store/s3-blob-store.ts'
import { startS3Double } from '../s3/double/s3-double.ts'
import { openTestStore, useCredentials } from '../s3/open-store.ts'

const double = await startS3Double()
useCredentials(double)
after(() => double.stop())

const never = new AbortController().signal
let bucketCount = 0
let bucket = ''
let store: S3BlobStore

beforeEach(() => {
  double.faults.clear()
  bucketCount += 1
  bucket = `states-${bucketCount}`
  double.createBucket(bucket, { lock: true })
  store = openTestStore(double, bucket)
  double.traffic.reset()
})

const put = (key: string, text: string): PinnedObject => ({
  uri: `s3://${bucket}/${key}`,
  versionId: double.behindTheBack.store(bucket, key, Buffer.from(text)),
})
const nameOf = ({ uri, versionId }: PinnedObject) => ({
  bucket,
  key: uri.slice(`s3://${bucket}/`.length),
  versionId,
})
const refusedAs = (asked: Promise<unknown>, code: ErrorCode): Promise<void> =>
  assert.rejects(asked, { code })
const textOf = async (object: PinnedObject): Promise<string> => {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(object, never)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

describe('a version in S3', () => {
  test('has its size, its checksum over the whole object, lock, encryption and class', async () => {
    const object = put('model.bin', '123456789')
    double.behindTheBack.alter(nameOf(object), {
      retention: { mode: 'GOVERNANCE', untilMs: Date.parse('2100-01-01T00:00:00Z') },
      legalHold: true,
      encryption: { algorithm: 'aws:kms', keyId: 'arn:key' },
      replicationStatus: 'COMPLETED',
    })
    const { lastModified, ...found } = await store.stat(object, never)
    assert.match(lastModified ?? '', /^\d{4}-/)
    assert.deepEqual(found, {
      sizeBytes: 9,
      checksum: { algorithm: 'CRC64NVME', value: 'rosUhgp5mIg=' },
      isArchived: false,
      lock: { mode: 'GOVERNANCE', retainUntil: '2100-01-01T00:00:00.000Z' },
      legalHold: true,
      encryption: { algorithm: 'aws:kms', keyId: 'arn:key' },
      replication: 'COMPLETED',
    })
  })

  test('with a checksum over parts alone attests nothing', async () => {
    const object = put('parts.bin', 'parts')
    double.behindTheBack.alter(nameOf(object), {
      checksum: { algorithm: 'SHA256', type: 'COMPOSITE', value: `${'A'.repeat(43)}=-2` },
    })
    assert.equal((await store.stat(object, never)).checksum, undefined)
  })

  test('is the pinned one, under newer versions and under a delete marker', async () => {
    const first = put('model.bin', 'first')
    const second = put('model.bin', 'second')
    const remover = openTestStore(double, bucket)
    await remover.remove(second, never)
    put('model.bin', 'third')
    assert.equal(await textOf(first), 'first')
    await refusedAs(textOf(second), 'BLOB_NOT_FOUND')
  })

  test('downloads by a URL that names exactly it, without credentials', async () => {
    const first = put('model.bin', 'first')
    put('model.bin', 'second')
    const url = (await store.presign?.(first, 60)) ?? ''
    assert.match(url, /[?&]versionId=/)
    assert.doesNotMatch(url, /checksum/i)
    assert.equal(await (await fetch(url)).text(), 'first')
  })

  test('is removed once; gone already is a success, and never by several at a time', async () => {
    const object = put('model.bin', 'bytes')
    assert.equal(await store.remove(object, never), 'removed')
    assert.equal(await store.remove(object, never), 'absent')
    assert.equal(double.traffic.count('DeleteObjects'), 0)
    assert.deepEqual(double.behindTheBack.versions(bucket, 'model.bin'), [])
  })

  test('that is locked or held stays, and says until when', async () => {
    const object = put('model.bin', 'bytes')
    double.behindTheBack.alter(nameOf(object), { legalHold: true })
    await refusedAs(store.remove(object, never), 'BLOB_LOCKED')
    double.behindTheBack.alter(nameOf(object), {
      legalHold: false,
      retention: { mode: 'COMPLIANCE', untilMs: Date.now() + 60_000 },
    })
    await assert.rejects(store.remove(object, never), {
      code: 'BLOB_LOCKED',
      message: /COMPLIANCE/,
    })
    assert.equal(await textOf(object), 'bytes')
  })
})

describe('what a store answers becomes one code', () => {
  test('of a version that never was, or is destroyed', async () => {
    const object = put('model.bin', 'bytes')
    await refusedAs(
      store.stat({ ...object, versionId: 'no-such-version' }, never),
      'BLOB_NOT_FOUND',
    )
    double.behindTheBack.destroyVersion(nameOf(object))
    await refusedAs(store.stat(object, never), 'BLOB_NOT_FOUND')
    await refusedAs(textOf(object), 'BLOB_NOT_FOUND')
  })

  test('of a bucket that is missing, which says nothing of its objects', async () => {
    const elsewhere = openTestStore(double, 'no-such-bucket')
    const object = { uri: 's3://no-such-bucket/model.bin', versionId: 'v' }
    await refusedAs(elsewhere.stat(object, never), 'STORE_UNSUITABLE')
    await refusedAs(elsewhere.probe('p', never), 'STORE_UNSUITABLE')
  })

  test('of an object in another place, or without a version that stays', async () => {
    await refusedAs(
      store.stat({ uri: 's3://other/key', versionId: 'v' }, never),
      'BUCKET_NOT_ALLOWED',
    )
    const uri = `s3://${bucket}/key`
    for (const versionId of ['null', '']) {
      await refusedAs(store.remove({ uri, versionId }, never), 'STORE_UNSUITABLE')
    }
    assert.equal(double.traffic.count(), 0)
  })

  test('of an archived version', async () => {
    const object = put('model.bin', 'bytes')
    double.behindTheBack.alter(nameOf(object), { storageClass: 'GLACIER' })
    assert.equal((await store.stat(object, never)).isArchived, true)
    await refusedAs(textOf(object), 'BLOB_ARCHIVED')
    double.behindTheBack.alter(nameOf(object), { restoredUntilMs: Date.now() + 60_000 })
    assert.equal((await store.stat(object, never)).isArchived, false)
    assert.equal(await textOf(object), 'bytes')
  })

  test('of denied access', async () => {
    const object = put('model.bin', 'bytes')
    double.faults.add({ kind: 'error', code: 'AccessDenied' })
    await refusedAs(store.stat(object, never), 'BUCKET_ACCESS_DENIED')
    await refusedAs(store.remove(object, never), 'BUCKET_ACCESS_DENIED')
    await refusedAs(store.probe('p', never), 'BUCKET_ACCESS_DENIED')
  })

  test('of throttling: after a bounded number of tries it is away, and a short one is not noticed', async () => {
    const object = put('model.bin', 'bytes')
    double.faults.add({ kind: 'error', code: 'SlowDown' }, { times: 1 })
    assert.equal((await store.stat(object, never)).sizeBytes, 5)
    const fault = double.faults.add({ kind: 'error', code: 'SlowDown' })
    await refusedAs(store.stat(object, never), 'STORE_UNAVAILABLE')
    assert.equal(fault.hits, 2)
  })

  test('of a store that hangs, stands still, resets or breaks off', async () => {
    const object = put('model.bin', 'x'.repeat(200_000))
    const impatient = { attemptMaxMs: 60, callMaxMs: 150, idleMaxMs: 60 }
    store = openTestStore(double, bucket, impatient)
    const hang = double.faults.add({ kind: 'hang' })
    await refusedAs(store.stat(object, never), 'STORE_UNAVAILABLE')
    await refusedAs(textOf(object), 'STORE_UNAVAILABLE')
    hang.lift()
    for (const fault of [
      { kind: 'stall', afterBytes: 1_000 },
      { kind: 'truncate', afterBytes: 1_000 },
      { kind: 'reset' },
    ] as const) {
      const active = double.faults.add(fault)
      await refusedAs(textOf(object), 'STORE_UNAVAILABLE')
      active.lift()
    }
    assert.equal((await textOf(object)).length, 200_000)
  })

  test('of a caller who gives up', async () => {
    const object = put('model.bin', 'bytes')
    double.faults.add({ kind: 'hang' })
    const given = AbortSignal.timeout(20)
    await refusedAs(store.stat(object, given), 'ABORTED')
  })

  test('of clocks that differ', async () => {
    const object = put('model.bin', 'bytes')
    double.clock.skew(20 * 60 * 1000)
    // The SDK corrects its clock by the answer.
    assert.equal((await store.stat(object, never)).sizeBytes, 5)
    double.clock.skew(0)
  })
})

test('all versions are listed in the order of their keys, and from a marker on', async () => {
  for (let place = 0; place < 2_500; place += 1)
    put(`k/${String(place % 1_250).padStart(5, '0')}`, 'x')
  const all = []
  for await (const one of store.listVersions(undefined, never)) all.push(one)
  assert.equal(all.length, 2_500)
  const uris = all.map((one) => one.uri)
  assert.deepEqual(uris, uris.toSorted())
  assert.equal(new Set(all.map((one) => one.versionId)).size, 2_500)
  const rest = []
  for await (const one of store.listVersions(all[1_700]?.marker, never)) rest.push(one)
  assert.deepEqual(rest, all.slice(1_701))
})

describe('a probe', () => {
  const resultsOf = ({ features }: BucketFindings) =>
    Object.fromEntries(features.map(({ feature, result }) => [feature, result]))

  test('proves everything of a strict store, and leaves nothing', async () => {
    const found = await store.probe('p', never)
    const all = Object.fromEntries(bucketFeatures.map((feature) => [feature, 'proven']))
    assert.deepEqual(resultsOf(found), all, JSON.stringify(found, undefined, 1))
    assert.equal(found.versioning, 'enabled')
    assert.deepEqual(found.lifecycle, [])
    assert.equal(found.leftovers, 0)
    const left = []
    for await (const one of store.listVersions(undefined, never)) left.push(one)
    assert.deepEqual(left, [])
  })

  test('finds a store out that lies about lock, or ignores If-None-Match', async () => {
    double.createBucket('liar', { lock: true, lies: ['object-lock', 'if-none-match'] })
    const found = await openTestStore(double, 'liar').probe('p', never)
    assert.deepEqual(
      found.features.filter(({ result }) => result !== 'proven').map(({ feature }) => feature),
      ['conditional-create', 'conditional-create-race', 'object-lock'],
    )
  })

  test('says of a bucket without versions that it has none', async () => {
    double.createBucket('plain', { versioning: 'none' })
    const found = await openTestStore(double, 'plain').probe('p', never)
    assert.equal(found.versioning, 'off')
    assert.equal(isProven(found, 'versions'), false)
    assert.equal(isProven(found, 'object-lock'), false)
  })

  test('of a store that is away finds out nothing', async () => {
    double.faults.add({ kind: 'error', code: 'SlowDown' })
    await refusedAs(store.probe('p', never), 'STORE_UNAVAILABLE')
  })

  test('of a bucket that takes no writes says that nothing could be tried', async () => {
    double.faults.add({ kind: 'error', code: 'AccessDenied' }, { operation: 'PutObject' })
    const found = await store.probe('p', never)
    assert.equal(resultsOf(found)['versions'], 'unknown')
  })
})
