import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { after, beforeEach, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  UploadPartCommand,
  type PutObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { clientOf, outcomeOf } from './client.ts'
import { combineCrcs, startCrc, type CrcName } from './double/crc.ts'
import { startS3Double } from './double/s3-double.ts'

const double = await startS3Double()
const client = clientOf(double)
after(async () => {
  client.destroy()
  await double.stop()
})

let bucketCount = 0
let Bucket = ''
beforeEach(() => {
  bucketCount += 1
  Bucket = `bucket-${bucketCount}`
  double.createBucket(Bucket)
  double.faults.clear()
  double.clock.skew(0)
  double.traffic.reset()
})

const put = (Key: string, Body: string | Uint8Array): Promise<string> =>
  outcomeOf(client.send(new PutObjectCommand({ Bucket, Key, Body })))

const crcOf = (name: CrcName, bytes: Uint8Array): Buffer => {
  const crc = startCrc(name)
  crc.update(bytes)
  return crc.digest()
}

// The check values of the catalogue of CRC algorithms, of the nine digits.
for (const [name, check] of [
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
] as const) {
  test(`${name} has its published check value, whole and combined from pieces`, () => {
    const digits = Buffer.from('123456789')
    assert.equal(crcOf(name, digits).toString('hex'), check)
    for (let cut = 0; cut <= digits.length; cut += 1) {
      const rest = digits.subarray(cut)
      const combined = combineCrcs(
        name,
        crcOf(name, digits.subarray(0, cut)),
        crcOf(name, rest),
        rest.length,
      )
      assert.equal(combined.toString('hex'), check, `cut at ${cut}`)
    }
    const long = createHash('sha512').update('long').digest()
    const pieces = startCrc(name)
    for (let at = 0; at < long.length; at += 7) pieces.update(long.subarray(at, at + 7))
    assert.deepEqual(pieces.digest(), crcOf(name, long))
  })
}

test('a request that nobody signed, or that another signed, is refused', async () => {
  await put('a', 'a')
  const url = `${double.endpoint}/${Bucket}/a`
  assert.equal((await fetch(url)).status, 403)
  const wrong = { ...double, credentials: { ...double.credentials, secretAccessKey: 'other' } }
  const get = new GetObjectCommand({ Bucket, Key: 'a' })
  assert.equal(await outcomeOf(clientOf(wrong).send(get)), '403 SignatureDoesNotMatch')
  const unknown = { ...double, credentials: { ...double.credentials, accessKeyId: 'OTHER' } }
  assert.equal(await outcomeOf(clientOf(unknown).send(get)), '403 InvalidAccessKeyId')
  const elsewhere = clientOf({ ...double, region: 'eu-west-1' })
  assert.equal(await outcomeOf(elsewhere.send(get)), '400 AuthorizationHeaderMalformed')
})

test('a presigned URL reads exactly what it was signed for, until it expires', async () => {
  await put('a', 'one')
  const command = new GetObjectCommand({ Bucket, Key: 'a' })
  const url = await getSignedUrl(clientOf(double), command, { expiresIn: 60 })
  assert.equal(await (await fetch(url)).text(), 'one')
  assert.equal((await fetch(url.replace(`/${Bucket}/a`, `/${Bucket}/b`))).status, 403)
  assert.equal((await fetch(url, { headers: { 'x-amz-acl': 'private' } })).status, 403)
  double.clock.skew(61_000)
  const late = await fetch(url)
  assert.equal(late.status, 403)
  assert.match(await late.text(), /Request has expired/)
})

test('a clock that is off by more than fifteen minutes is refused, with the time of the store', async () => {
  double.clock.skew(16 * 60_000)
  const skewed = clientOf(double)
  const get = new GetObjectCommand({ Bucket, Key: 'a' })
  assert.equal(await outcomeOf(skewed.send(get)), '403 RequestTimeTooSkewed')
  // The SDK corrects its clock by the answer.
  assert.equal(await outcomeOf(skewed.send(get)), '404 NoSuchKey')
})

test('a streamed body comes in aws-chunked encoding, with its checksum behind it', async () => {
  const bytes = Buffer.alloc(20_000, 'stream ')
  const send = (firstBytes: number): Promise<PutObjectCommandOutput> =>
    client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from([bytes.subarray(0, firstBytes), bytes.subarray(firstBytes)]),
        ContentLength: bytes.length,
        ChecksumAlgorithm: 'CRC64NVME',
      }),
    )
  await assert.rejects(send(8191), /Only the last chunk/)
  const { ChecksumCRC64NVME, VersionId } = await send(8192)
  assert.equal(ChecksumCRC64NVME, crcOf('CRC64NVME', bytes).toString('base64'))
  assert.equal(
    double.traffic.requests.at(-1)?.headers.get('x-amz-trailer'),
    'x-amz-checksum-crc64nvme',
  )
  const name = { bucket: Bucket, key: 'streamed', versionId: VersionId ?? '' }
  assert.deepEqual(double.behindTheBack.bytes(name), bytes)
})

test('SlowDown is answered as often as asked, and then no more', async () => {
  const fault = double.faults.add(
    { kind: 'error', code: 'SlowDown' },
    { operation: 'PutObject', times: 2 },
  )
  assert.equal(await put('a', 'x'), '503 SlowDown')
  assert.equal(await put('a', 'x'), '503 SlowDown')
  assert.equal(await put('a', 'x'), 'ok')
  assert.equal(fault.hits, 2)
  assert.equal(double.traffic.count('PutObject'), 3)
  assert.equal(double.behindTheBack.versions(Bucket, 'a').length, 1)
})

test('a fault meets only what its scope names', async () => {
  double.faults.add({ kind: 'error', code: 'AccessDenied' }, { key: 'secret' })
  double.faults.add({ kind: 'error', code: 'InternalError' }, { key: 'third', skips: 2, times: 1 })
  assert.equal(await put('open', 'x'), 'ok')
  assert.equal(await put('secret', 'x'), '403 AccessDenied')
  assert.deepEqual(
    [
      await put('third', 'x'),
      await put('third', 'x'),
      await put('third', 'x'),
      await put('third', 'x'),
    ],
    ['ok', 'ok', '500 InternalError', 'ok'],
  )
  const short = double.faults.add({ kind: 'error', code: 'SlowDown' }, { forMs: 0 })
  assert.equal(await put('open', 'x'), 'ok')
  assert.equal(short.hits, 0)
})

test('a connection is reset before, in the middle of and after a write', async () => {
  double.faults.add({ kind: 'reset' }, { key: 'before' })
  double.faults.add({ kind: 'reset-upload', afterBytes: 100_000 }, { key: 'middle' })
  double.faults.add({ kind: 'lost-answer' }, { key: 'after' })
  for (const key of ['before', 'middle', 'after']) {
    await assert.rejects(
      client.send(new PutObjectCommand({ Bucket, Key: key, Body: Buffer.alloc(4_000_000, key) })),
    )
  }
  assert.equal(double.behindTheBack.versions(Bucket, 'before').length, 0)
  assert.equal(double.behindTheBack.versions(Bucket, 'middle').length, 0)
  assert.equal(double.behindTheBack.versions(Bucket, 'after').length, 1)
})

test('a body is cut, turned over or never ends on its way to the reader', async () => {
  const bytes = Buffer.alloc(3_000_000, 'content ')
  await put('a', bytes)
  const plain = clientOf(double, { responseChecksumValidation: 'WHEN_REQUIRED' })
  const read = async (): Promise<Uint8Array> => {
    const { Body } = await plain.send(new GetObjectCommand({ Bucket, Key: 'a' }))
    return (await Body?.transformToByteArray()) ?? Buffer.alloc(0)
  }
  double.faults.add({ kind: 'truncate', afterBytes: 1_500_000 }, { times: 1 })
  await assert.rejects(read)
  double.faults.add({ kind: 'corrupt', offset: 2_000_000 }, { times: 1 })
  const turned = await read()
  assert.equal(turned.filter((byte, index) => byte !== bytes[index]).length, 1)
  double.faults.add({ kind: 'corrupt', offset: 2_000_000 }, { times: 1 })
  const checking = await client.send(
    new GetObjectCommand({ Bucket, Key: 'a', ChecksumMode: 'ENABLED' }),
  )
  await assert.rejects(async () => checking.Body?.transformToByteArray(), /[Cc]hecksum/)
  double.faults.add({ kind: 'stall', afterBytes: 1_000_000 }, { times: 1 })
  const stalled = await plain.send(new GetObjectCommand({ Bucket, Key: 'a' }))
  let seen = 0
  const body = stalled.Body
  assert.ok(body instanceof Readable)
  for await (const piece of body) {
    seen += (piece as Uint8Array).length
    if (seen === 1_000_000) break
  }
  assert.equal(seen, 1_000_000)
  assert.deepEqual(await read(), new Uint8Array(bytes))
})

test('a store that hangs answers nothing until the client gives up', async () => {
  double.faults.add({ kind: 'hang' }, { key: 'a' })
  const signal = AbortSignal.timeout(50)
  const hanging = client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }), {
    abortSignal: signal,
  })
  await assert.rejects(hanging)
  assert.ok(signal.aborted)
  assert.equal(double.behindTheBack.versions(Bucket, 'a').length, 0)
})

test('a store that goes away refuses connections, and comes back with what it had', async () => {
  await put('a', 'kept')
  await double.pause()
  await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key: 'a' })))
  await double.resume()
  assert.equal(await outcomeOf(client.send(new HeadObjectCommand({ Bucket, Key: 'a' }))), 'ok')
})

test('a completion may fail in a body that begins with 200', async () => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }))
  double.faults.add(
    { kind: 'error-in-200', code: 'InternalError' },
    { operation: 'CompleteMultipartUpload' },
  )
  const part = { Bucket, Key: 'a', UploadId, PartNumber: 1 }
  const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...part, Body: 'x' }))
  const complete = new CompleteMultipartUploadCommand({
    Bucket,
    Key: 'a',
    UploadId,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] },
  })
  await assert.rejects(client.send(complete), { name: 'InternalError' })
})

test('behind the back, versions are destroyed, bits turned over and objects archived', async () => {
  const { behindTheBack } = double
  const versionId = behindTheBack.store(Bucket, 'a', Buffer.from('content'))
  const name = { bucket: Bucket, key: 'a', versionId }
  const of = { Bucket, Key: 'a', VersionId: versionId }
  behindTheBack.flipBit(name, 2)
  assert.equal(Buffer.from(behindTheBack.bytes(name)).toString(), 'cootent')
  const head = await client.send(new HeadObjectCommand({ ...of, ChecksumMode: 'ENABLED' }))
  const attested = crcOf('CRC64NVME', Buffer.from('content')).toString('base64')
  assert.equal(head.ChecksumCRC64NVME, attested)
  behindTheBack.alter(name, { storageClass: 'GLACIER', replicationStatus: 'COMPLETED' })
  assert.equal(await outcomeOf(client.send(new GetObjectCommand(of))), '403 InvalidObjectState')
  const archived = await client.send(new HeadObjectCommand(of))
  assert.deepEqual([archived.StorageClass, archived.ReplicationStatus], ['GLACIER', 'COMPLETED'])
  behindTheBack.alter(name, { restoredUntilMs: Date.now() + 60_000 })
  assert.equal(await outcomeOf(client.send(new GetObjectCommand(of))), 'ok')
  behindTheBack.destroyVersion(name)
  assert.equal(await outcomeOf(client.send(new GetObjectCommand(of))), '404 NoSuchVersion')
})

test('a bucket may say that it locks, refuses and verifies, and do none of it', async () => {
  double.createBucket('liar', {
    lock: true,
    lies: ['object-lock', 'if-none-match', 'checksum-verification', 'checksum-report'],
  })
  const bucket = { Bucket: 'liar', Key: 'a' }
  const { VersionId } = await client.send(
    new PutObjectCommand({
      ...bucket,
      Body: 'one',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(Date.now() + 3_600_000),
      ChecksumSHA256: createHash('sha256').update('other').digest('base64'),
    }),
  )
  const head = await client.send(new HeadObjectCommand({ ...bucket, ChecksumMode: 'ENABLED' }))
  assert.equal(head.ObjectLockMode, 'COMPLIANCE')
  assert.equal(head.ChecksumSHA256, undefined)
  const again = new PutObjectCommand({ ...bucket, Body: 'two', IfNoneMatch: '*' })
  assert.equal(await outcomeOf(client.send(again)), 'ok')
  assert.equal(
    await outcomeOf(client.send(new DeleteObjectCommand({ ...bucket, VersionId }))),
    'ok',
  )
  assert.equal(double.behindTheBack.versions('liar', 'a').length, 1)
})

test('repeated content of any size costs the double no memory', async () => {
  const part = Buffer.alloc(8 * 1024 * 1024, 'states ')
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket, Key: 'big', ChecksumAlgorithm: 'CRC64NVME' }),
  )
  const Parts = []
  for (let PartNumber = 1; PartNumber <= 8; PartNumber += 1) {
    const command = { Bucket, Key: 'big', UploadId, PartNumber, Body: part }
    const { ETag } = await client.send(
      new UploadPartCommand({ ...command, ChecksumAlgorithm: 'CRC64NVME' }),
    )
    Parts.push({ PartNumber, ETag })
  }
  const MultipartUpload = { Parts }
  const done = await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: 'big', UploadId, MultipartUpload }),
  )
  const whole = startCrc('CRC64NVME')
  for (const _ of Parts) whole.update(part)
  assert.equal(done.ChecksumCRC64NVME, whole.digest().toString('base64'))
  const kept = double.behindTheBack.versions(Bucket, 'big')[0]
  assert.ok(kept?.isMarker === false && kept.body.chunks !== undefined)
  const different = new Set(kept.body.chunks)
  assert.ok(different.size <= 8, `${different.size} different chunks are kept`)
})

test('a key that is deleted while a conditional write comes is a conflict', async () => {
  const body = new PassThrough()
  // It resets nothing, and tells when the request has begun.
  const begun = double.faults.add(
    { kind: 'reset-upload', afterBytes: Number.POSITIVE_INFINITY },
    { times: 1 },
  )
  const writing = outcomeOf(
    client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'b',
        Body: body,
        ContentLength: 20_000,
        IfNoneMatch: '*',
      }),
    ),
  )
  body.write(Buffer.alloc(10_000))
  while (begun.hits === 0) await setImmediate()
  await put('b', 'in between')
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'b' }))
  body.end(Buffer.alloc(10_000))
  assert.equal(await writing, '409 ConditionalRequestConflict')
})

test('a version that is destroyed while versions are listed does not end the listing', async () => {
  const { behindTheBack } = double
  const ids = ['1', '2', '3'].map((text) => behindTheBack.store(Bucket, 'a', Buffer.from(text)))
  const page = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }))
  const marked = page.NextVersionIdMarker ?? ''
  assert.equal(marked, ids[1])
  behindTheBack.destroyVersion({ bucket: Bucket, key: 'a', versionId: marked })
  const rest = await client.send(
    new ListObjectVersionsCommand({ Bucket, KeyMarker: 'a', VersionIdMarker: marked }),
  )
  assert.deepEqual(
    rest.Versions?.map((one) => one.VersionId),
    [ids[0]],
  )
})

test('one locked version among many to be destroyed is told by itself', async () => {
  double.createBucket('locked', { lock: true })
  const { behindTheBack } = double
  const free = behindTheBack.store('locked', 'free', Buffer.from('x'))
  const held = behindTheBack.store('locked', 'held', Buffer.from('x'))
  behindTheBack.alter({ bucket: 'locked', key: 'held', versionId: held }, { legalHold: true })
  const Objects = [
    { Key: 'free', VersionId: free },
    { Key: 'held', VersionId: held },
  ]
  const remove = new DeleteObjectsCommand({ Bucket: 'locked', Delete: { Objects } })
  const { Deleted, Errors } = await client.send(remove)
  assert.deepEqual(
    Deleted?.map((one) => one.Key),
    ['free'],
  )
  assert.deepEqual(
    Errors?.map((one) => [one.Key, one.Code]),
    [['held', 'AccessDenied']],
  )
})

test('retention ends when its time has come', async () => {
  double.createBucket('retained', { lock: true })
  const object = { Bucket: 'retained', Key: 'a' }
  const { VersionId } = await client.send(
    new PutObjectCommand({
      ...object,
      Body: 'x',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(Date.now() + 3_600_000),
    }),
  )
  const remove = new DeleteObjectCommand({ ...object, VersionId })
  assert.equal(await outcomeOf(client.send(remove)), '403 AccessDenied')
  double.clock.advance(3_700_000)
  assert.equal(await outcomeOf(client.send(remove)), 'ok')
})

test('the encryption of a bucket is that of new objects', async () => {
  const rule = { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: 'arn:aws:kms:::key/k' }
  const ServerSideEncryptionConfiguration = {
    Rules: [{ ApplyServerSideEncryptionByDefault: rule }],
  }
  await client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }))
  await put('a', 'x')
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }))
  assert.deepEqual(
    [head.ServerSideEncryption, head.SSEKMSKeyId],
    ['aws:kms', 'arn:aws:kms:::key/k'],
  )
})

test('a double that keeps no bytes still knows sizes and checksums', async () => {
  const frugal = await startS3Double({ keepsBytes: false })
  const other = clientOf(frugal)
  frugal.createBucket('sizes')
  const object = { Bucket: 'sizes', Key: 'a' }
  const sent = { ...object, Body: 'content', ChecksumAlgorithm: 'CRC64NVME' as const }
  await other.send(new PutObjectCommand(sent))
  const head = await other.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }))
  const crc = crcOf('CRC64NVME', Buffer.from('content')).toString('base64')
  assert.deepEqual([head.ContentLength, head.ChecksumCRC64NVME], [7, crc])
  assert.equal(await outcomeOf(other.send(new GetObjectCommand(object))), '500 InternalError')
  other.destroy()
  await frugal.stop()
})
