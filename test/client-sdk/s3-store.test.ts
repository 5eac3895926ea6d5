import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { test } from 'node:test'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { openS3Reader, openS3Store, type S3StoreOptions } from '../../client-sdk/s3.ts'
import { contentOf, MIB, readAll, s3Fixture } from './s3-fixture.ts'

const { double, newBucket } = await s3Fixture()
const bytes = Buffer.from('the state of step 7')

/** Time enough for a loopback, so that a store which hangs is given up soon. */
const impatient = { timeoutMs: 400, idleMs: 200 }

const retryable = { code: 'STORE_UNAVAILABLE', retryable: true }

async function digestOfContent(sizeBytes: number): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of contentOf(sizeBytes)) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

test('small content lies under its digest, pinned to its version', async () => {
  const options = newBucket()
  const store = await openS3Store(options)
  const reference = await store.put('weights/model.bin', bytes)
  const key = `jobs/fares/sha256/${digestOf(bytes).slice('sha256:'.length)}`
  const [version] = double.behindTheBack.versions(options.bucket, key)
  assert.deepEqual(reference, {
    name: 'weights/model.bin',
    uri: `s3://${options.bucket}/${key}`,
    versionId: version?.versionId,
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    checksum: { algorithm: 'CRC64NVME', value: storedCrc(options.bucket, key) },
  })
  assert.equal(double.traffic.count('PutObject'), 1)
})

test('the store computes the checksum of the whole that was sent, also of many parts', async () => {
  const options = newBucket()
  const store = await openS3Store(options)
  const small = await store.put('small', bytes)
  const large = await store.put('large', contentOf(17 * MIB))
  for (const { uri, checksum } of [small, large]) {
    const key = uri.slice(`s3://${options.bucket}/`.length)
    assert.equal(checksum?.value, storedCrc(options.bucket, key))
  }
  assert.equal(double.traffic.count('UploadPart'), 4)
  assert.equal(large.digest, await digestOfContent(17 * MIB))
})

for (const [versioning, word] of [
  ['none', 'off'],
  ['Suspended', 'suspended'],
] as const) {
  test(`a bucket whose versioning is ${word} is refused before anything is put, with the command that mends it`, async () => {
    const options = newBucket({ versioning })
    const store = await openS3Store(options)
    const command = `aws s3api put-bucket-versioning --bucket ${options.bucket} --versioning-configuration Status=Enabled --endpoint-url ${options.endpoint}`
    await assert.rejects(store.put('blob', bytes), {
      code: 'STORE_UNSUITABLE',
      message: `Versioning of the bucket ${options.bucket} is ${word}, so what is put there could be overwritten. Turn it on: ${command}`,
    })
    assert.equal(double.traffic.count('PutObject'), 0)
  })
}

test('a store that throttles and breaks off for a while is waited for', async () => {
  const store = await openS3Store(newBucket())
  double.faults.add({ kind: 'error', code: 'SlowDown' }, { operation: 'UploadPart', times: 2 })
  double.faults.add({ kind: 'reset' }, { operation: 'UploadPart', times: 2 })
  double.faults.add({ kind: 'reset-upload', afterBytes: MIB }, { partNumber: 2, times: 1 })
  double.faults.add(
    { kind: 'error', code: 'ConditionalRequestConflict' },
    { operation: 'CompleteMultipartUpload', times: 1 },
  )
  const reference = await store.put('blob', contentOf(11 * MIB))
  assert.equal(reference.digest, await digestOfContent(11 * MIB))
  assert.equal((await readAll(store, reference)).length, 11 * MIB)
})

test('an answer that got lost makes no second object of an upload', async () => {
  const options = newBucket()
  const store = await openS3Store(options)
  double.faults.add({ kind: 'lost-answer' }, { operation: 'CompleteMultipartUpload', times: 1 })
  const { uri, versionId } = await store.put('blob', contentOf(6 * MIB))
  const key = uri.slice(`s3://${options.bucket}/`.length)
  const versions = double.behindTheBack.versions(options.bucket, key)
  assert.deepEqual(
    versions.map((version) => version.versionId),
    [versionId],
  )
})

test('with createOnly, keys are never written twice, and a lost answer is found again', async () => {
  const options = newBucket()
  const store = await openS3Store({ ...options, createOnly: true })
  double.faults.add({ kind: 'lost-answer' }, { operation: 'PutObject', times: 1 })
  const first = await store.put('blob', bytes)
  const second = await store.put('blob', bytes)
  assert.notEqual(first.uri, second.uri)
  const puts = double.traffic.requests.filter(({ operation }) => operation === 'PutObject')
  assert.deepEqual(
    puts.map(({ headers }) => headers.get('if-none-match')),
    ['*', '*', '*'],
  )
  assert.deepEqual(await readAll(store, first), bytes)
  double.faults.add({ kind: 'lost-answer' }, { operation: 'CompleteMultipartUpload', times: 1 })
  const large = await store.put('large', contentOf(6 * MIB))
  assert.equal((await readAll(store, large)).length, 6 * MIB)
})

test('throttling that does not end, a store that hangs and one that is gone are given up in time', async () => {
  const options = { ...newBucket(), ...impatient }
  const store = await openS3Store(options)
  await store.put('blob', bytes)
  double.faults.add({ kind: 'error', code: 'SlowDown' }, { operation: 'PutObject' })
  await assert.rejects(store.put('blob', bytes), retryable)
  double.faults.clear()
  const hanging = double.faults.add({ kind: 'hang' }, { operation: 'PutObject' })
  await assert.rejects(store.put('blob', bytes), retryable)
  assert.equal(hanging.hits, 2)
  await double.pause()
  await assert.rejects(store.put('blob', bytes), retryable)
  await double.resume()
  double.faults.clear()
  await store.put('blob', bytes)
})

test('an upload that fails is given up, and its parts do not stay behind', async () => {
  const options = { ...newBucket(), retries: 0 }
  const store = await openS3Store(options)
  double.faults.add({ kind: 'error', code: 'AccessDenied' }, { partNumber: 2 })
  await assert.rejects(store.put('blob', contentOf(16 * MIB)), { code: 'BUCKET_ACCESS_DENIED' })
  assert.equal(double.traffic.count('AbortMultipartUpload'), 1)
})

test('content that breaks off gives its own error, and a signal ends a put', async () => {
  const store = await openS3Store(newBucket())
  async function* broken() {
    yield* contentOf(6 * MIB)
    throw new TypeError('the model is gone')
  }
  await assert.rejects(store.put('blob', broken()), TypeError)
  assert.equal(double.traffic.count('AbortMultipartUpload'), 1)
  const stop = new AbortController()
  double.faults.add({ kind: 'hang' }, { operation: 'UploadPart' })
  const put = store.put('blob', contentOf(6 * MIB), { signal: stop.signal })
  setImmediate(() => stop.abort())
  await assert.rejects(put, { code: 'ABORTED' })
})

test('content that is not what was said before it was read does not become an object', async () => {
  const store = await openS3Store(newBucket())
  const known = { sizeBytes: 6 * MIB, digest: digestOf('another content') }
  await assert.rejects(store.put('blob', contentOf(6 * MIB), { known }), { code: 'BLOB_CORRUPT' })
  await assert.rejects(store.put('blob', contentOf(6), { known }), { code: 'BLOB_CORRUPT' })
  assert.equal(double.traffic.count('PutObject'), 0)
  assert.equal(double.traffic.count('CompleteMultipartUpload'), 0)
})

test('a store that does not know the checksum gets the content without it', async () => {
  const store = await openS3Store(newBucket())
  double.faults.add(
    { kind: 'error', code: 'NotImplemented' },
    { operation: ['PutObject', 'CreateMultipartUpload'], times: 1 },
  )
  const reference = await store.put('blob', contentOf(6 * MIB))
  assert.equal((await readAll(store, reference)).length, 6 * MIB)
  assert.equal(reference.checksum, undefined)
  assert.equal((await store.put('blob', bytes)).checksum, undefined)
  const crcs = double.traffic.requests
    .filter(({ operation }) => operation === 'UploadPart' || operation === 'PutObject')
    .map(({ headers }) => headers.has('x-amz-checksum-crc64nvme'))
  assert.deepEqual(crcs, [false, false, false])
})

test('an exact version is read from any offset, also under a delete marker', async () => {
  const store = await openS3Store(newBucket())
  const first = await store.put('blob', bytes)
  await store.put('blob', bytes)
  const reader = openS3Reader(readerOptions())
  assert.deepEqual(await readAll(reader, first), bytes)
  assert.deepEqual(await readAll(reader, first, 4), bytes.subarray(4))
  assert.deepEqual(await readAll(reader, first, bytes.length), Buffer.alloc(0))
})

test('a version that is gone, one that never was, and another bucket are not found', async () => {
  const options = newBucket()
  const store = await openS3Store(options)
  const reference = await store.put('blob', bytes)
  const key = reference.uri.slice(`s3://${options.bucket}/`.length)
  const { bucket } = options
  double.behindTheBack.destroyVersion({ bucket, key, versionId: reference.versionId })
  const gone = { code: 'BLOB_NOT_FOUND' }
  await assert.rejects(readAll(store, reference), gone)
  await assert.rejects(readAll(store, { ...reference, versionId: 'no such' }), gone)
  await assert.rejects(readAll(store, { ...reference, versionId: 'null' }), gone)
  for (const uri of ['s3://elsewhere/key', 'file:///etc/passwd', 's3://', 's3://x/%zz']) {
    await assert.rejects(readAll(store, { ...reference, uri }), gone)
  }
  const picky = openS3Reader({ ...readerOptions(), buckets: ['elsewhere'] })
  await assert.rejects(readAll(picky, reference), gone)
})

test('a read that stalls, hangs or is cut off fails in time and can be taken up again', async () => {
  const store = await openS3Store({ ...newBucket(), ...impatient, retries: 0 })
  const content = Buffer.alloc(3 * MIB, 'state')
  const reference = await store.put('blob', content)
  for (const fault of [
    { kind: 'stall', afterBytes: MIB },
    { kind: 'truncate', afterBytes: MIB },
    { kind: 'hang' },
  ] as const) {
    const active = double.faults.add(fault, { operation: 'GetObject' })
    await assert.rejects(readAll(store, reference), retryable, fault.kind)
    active.lift()
  }
  assert.deepEqual(await readAll(store, reference, MIB), content.subarray(MIB))
})

test('archived bytes and denied access have codes of their own', async () => {
  const options = newBucket()
  const store = await openS3Store(options)
  const reference = await store.put('blob', bytes)
  const { bucket } = options
  const key = reference.uri.slice(`s3://${bucket}/`.length)
  const { versionId } = reference
  double.behindTheBack.alter({ bucket, key, versionId }, { storageClass: 'GLACIER' })
  await assert.rejects(readAll(store, reference), { code: 'BLOB_ARCHIVED', retryable: false })
  const denied = { code: 'BUCKET_ACCESS_DENIED', retryable: false }
  double.faults.add({ kind: 'error', code: 'AccessDenied' })
  await assert.rejects(readAll(store, reference), denied)
  await assert.rejects(store.put('blob', bytes), denied)
})

test('neither an error nor what it came of holds a key or a token', async () => {
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'not-the-right-one',
    sessionToken: 'a-session-token',
  }
  const store = await openS3Store({ ...newBucket(), credentials })
  await assert.rejects(store.put('blob', bytes), (error) => {
    const shown = inspect(error, { depth: 10, showHidden: true })
    assert.match(shown, /BUCKET_ACCESS_DENIED/)
    assert.doesNotMatch(shown, /not-the-right-one|a-session-token/)
    return true
  })
})

test('options that cannot be are refused when the store is opened', async () => {
  const options = newBucket()
  for (const wrong of [
    { bucket: '' },
    { bucket: 'a/b' },
    { prefix: '../elsewhere' },
    { prefix: 'with space' },
    { partBytes: MIB },
    { concurrency: 0 },
    { timeoutMs: 0 },
    { retries: 21 },
  ]) {
    await assert.rejects(openS3Store({ ...options, ...wrong }), { code: 'CONFIG_INVALID' })
  }
})

/** What the store says of the whole of the newest version. */
function storedCrc(bucket: string, key: string): string | undefined {
  const [version] = double.behindTheBack.versions(bucket, key)
  assert.ok(version !== undefined && !version.isMarker)
  assert.equal(version.checksum?.algorithm, 'CRC64NVME')
  assert.equal(version.checksum.type, 'FULL_OBJECT')
  return version.checksum.value
}

function readerOptions(): Pick<S3StoreOptions, 'endpoint' | 'region' | 'credentials'> {
  const { endpoint, region, credentials } = double
  return { endpoint, region, credentials }
}
