import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Bucket } from '../../schema/bucket.ts'
import type { Skipped } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Verification } from '../../schema/verification.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, refused } from '../register/scene.ts'
import { startCrc } from '../s3/double/crc.ts'
import { useBlobScene, type Blob } from './blob-scene.ts'

const crcOf = (text: string): NonNullable<Blob['checksum']> => {
  const crc = startCrc('CRC64NVME')
  crc.update(Buffer.from(text))
  return { algorithm: 'CRC64NVME', value: crc.digest().toString('base64') }
}

for (const dialect of dialects) {
  describe(`looking at blobs, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    const verify = async (
      digest: Digest,
      depth: 'present' | 'verified' = 'verified',
    ): Promise<Verification> => {
      const path = `/checkpoints/${digest}/verify`
      let called = await at().scene.post(path, { depth })
      for (let turn = 0; called.status === 202 && turn < 10; turn += 1) {
        const { verification } = called.body
        called = await at().scene.post(path, { depth, verification })
      }
      return answered(called, 200)
    }
    const standing = async (digest: Digest): Promise<readonly [string, boolean]> => {
      const found = answered(await at().scene.get(`/checkpoints/${digest}`), 200)
      return [found.grade, found.good]
    }
    const begin = async (job: string, texts: readonly string[]) => {
      const { run } = await at().scene.open(job)
      const blobs = texts.map((text, place) => at().store(`${job}/${place}.bin`, text))
      return { run, blobs, digest: await at().save(run, 1, blobs) }
    }

    test('each version is there and has its size: that is an entry with what was found', async () => {
      const { digest } = await begin('present', ['one', 'two!'])
      const found = await verify(digest, 'present')
      assert.equal(found.outcome, 'passed')
      assert.deepEqual([found.blobsDone, found.blobCount, found.bytesTotal], [2, 2, 7])
      assert.deepEqual(await standing(digest), ['present', true])
      assert.equal(at().double.traffic.count('GetObject'), 0)
      const [, entry] = itemsOf(await at().scene.get(`/checkpoints/${digest}/history`))
      const { durationMs, ...facts } = entry.entry
      assert.ok(durationMs >= 0)
      assert.deepEqual(
        { ...facts, at: '' },
        {
          kind: 'evidence.recorded',
          v: 1,
          at: '',
          actor: 'tester',
          subject: digest,
          finding: 'present',
          outcome: 'passed',
          method: 'stat',
          bytes: 0,
          detail: {
            places: [
              {
                bucket: 'states',
                region: 'us-east-1',
                blobCount: 2,
                passed: 2,
                failed: 0,
                unknown: 0,
              },
            ],
            encryption: [{ algorithm: 'AES256' }],
          },
        },
      )
    })

    test('bytes are read where the store attests nothing that is proven, and only there', async () => {
      const { run, digest } = await begin('read', ['some bytes'])
      const read = await verify(digest)
      assert.deepEqual(
        [read.outcome, read.evidence?.method, read.evidence?.bytes],
        ['passed', 'read-sha256', 10],
      )
      assert.deepEqual(await standing(digest), ['verified', true])

      const blob = { ...at().store('attested.bin', 'more bytes'), checksum: crcOf('more bytes') }
      const declared = await at().save(run, 2, [blob])
      assert.equal((await verify(declared)).evidence?.method, 'read-sha256')
      answered(await at().scene.post('/buckets/states/probe', {}), 201)
      at().double.traffic.reset()
      const attested = await verify(declared)
      assert.deepEqual(
        [attested.evidence?.method, attested.evidence?.bytes],
        ['attested-checksum', 0],
      )
      assert.equal(at().double.traffic.count('GetObject'), 0)

      // A checksum that differs from the declared one proves nothing: the digest decides.
      const wrong = await at().save(run, 3, [{ ...blob, checksum: crcOf('other bytes') }])
      assert.equal((await verify(wrong)).evidence?.method, 'read-sha256')
    })

    test('a version destroyed behind the back demotes, and latest falls to the one before', async () => {
      const { run, digest } = await begin('destroyed', ['one'])
      const blob = at().store('destroyed/late.bin', 'late')
      const late = await at().save(run, 2, [blob])
      await verify(late, 'present')
      at().double.behindTheBack.destroyVersion(at().nameOf(blob))
      const found = await verify(late, 'present')
      assert.equal(found.outcome, 'failed')
      assert.equal(found.evidence?.detail?.fault?.code, 'BLOB_NOT_FOUND')
      assert.equal(found.evidence.detail.fault.versionId, blob.versionId)
      const latest = answered(await at().scene.latest('destroyed'), 200)
      assert.equal(latest.checkpoint.checkpoint, digest)
      assert.deepEqual(
        latest.skipped.map((one: Skipped) => [one.checkpoint, one.reason]),
        [[late, 'EVIDENCE_FAILED']],
      )
    })

    test('a delete marker on top does not matter, and a newer version neither', async () => {
      const { digest, blobs } = await begin('marked', ['one'])
      const [blob] = blobs as [Blob]
      const { bucket, key } = at().nameOf(blob)
      at().double.behindTheBack.store(bucket, key, Buffer.from('newer'))
      assert.equal((await verify(digest)).outcome, 'passed')
    })

    for (const [what, code, harm] of [
      ['another size', 'SIZE_DIFFERS', (blob: Blob) => ({ ...blob, sizeBytes: 4 })],
      ['a turned bit', 'DIGEST_DIFFERS', undefined],
    ] as const) {
      test(`${what} fails the checkpoint: ${code}`, async () => {
        const { run } = await at().scene.open(code.toLowerCase().replace('_', '-'))
        const blob = at().store(`${code}.bin`, 'one')
        const digest = await at().save(run, 1, [harm === undefined ? blob : harm(blob)])
        if (harm === undefined) at().double.behindTheBack.flipBit(at().nameOf(blob), 1)
        const found = await verify(digest)
        assert.equal(found.outcome, 'failed')
        assert.equal(found.evidence?.detail?.fault?.code, code)
        assert.deepEqual(await standing(digest), ['committed', false])
      })
    }

    test('bytes that were wrong are not made good by being there', async () => {
      const { digest, blobs } = await begin('healed', ['one'])
      const [blob] = blobs as [Blob]
      at().double.behindTheBack.flipBit(at().nameOf(blob), 1)
      assert.equal((await verify(digest)).outcome, 'failed')
      assert.equal((await verify(digest, 'present')).outcome, 'failed')
      at().double.behindTheBack.flipBit(at().nameOf(blob), 1)
      assert.equal((await verify(digest, 'present')).evidence?.finding, 'verified')
      assert.deepEqual(await standing(digest), ['verified', true])
    })

    test('what nobody could look at is unknown: not recorded, and nothing is demoted', async () => {
      const { run, digest, blobs } = await begin('unknown', ['one'])
      const [blob] = blobs as [Blob]
      await verify(digest)
      const size = await at().scene.size()
      const { faults } = at().double
      for (const [code, fault] of [
        ['BUCKET_ACCESS_DENIED', { kind: 'error', code: 'AccessDenied' }],
        ['STORE_UNAVAILABLE', { kind: 'error', code: 'InternalError' }],
        ['STORE_UNAVAILABLE', { kind: 'truncate', afterBytes: 1 }],
      ] as const) {
        const active = faults.add(
          fault,
          fault.kind === 'truncate' ? { operation: 'GetObject' } : {},
        )
        // Read, whatever a probe has proven.
        at().double.behindTheBack.alter(at().nameOf(blob), {
          checksum: { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: 'AAAAAAAAAAA=' },
        })
        const found = await verify(digest)
        active.lift()
        assert.deepEqual([found.outcome, found.evidence], ['unknown', undefined])
        assert.deepEqual(
          found.faults.map((one) => one.code),
          [code],
        )
      }
      at().double.behindTheBack.alter(at().nameOf(blob), { storageClass: 'GLACIER' })
      assert.equal((await verify(digest)).faults[0]?.code, 'BLOB_ARCHIVED')
      assert.equal((await verify(digest, 'present')).outcome, 'passed')
      assert.equal(await at().scene.size(), size + 1)
      assert.deepEqual(await standing(digest), ['verified', true])

      const elsewhere = { ...blob, uri: 's3://not-ours/key' }
      const foreign = await at().save(run, 2, [elsewhere])
      at().double.traffic.reset()
      assert.equal((await verify(foreign)).faults[0]?.code, 'BUCKET_NOT_ALLOWED')
      assert.equal(at().double.traffic.count(), 0)
    })

    test('one place that has the bytes is enough, and how whole each is gets recorded', async () => {
      const { run } = await at().scene.open('copies')
      const copyOf = (key: string, text: string) => {
        const { uri, versionId } = at().store(key, text, 'replica')
        return { uri, versionId, region: 'eu-west-1' }
      }
      const blobs = ['a', 'b'].map((key) => ({
        ...at().store(key, key),
        copies: [copyOf(key, key)],
      }))
      const digest = await at().save(run, 1, blobs)
      const [first] = blobs as [(typeof blobs)[number]]
      const [copy] = first.copies as [(typeof first.copies)[number]]
      at().double.behindTheBack.destroyVersion(at().nameOf(first))
      const found = await verify(digest)
      assert.equal(found.outcome, 'passed')
      assert.deepEqual(
        found.evidence?.detail?.places?.map(({ bucket, region, passed, failed }) => [
          bucket,
          region,
          passed,
          failed,
        ]),
        [
          ['states', 'us-east-1', 1, 1],
          ['replica', 'eu-west-1', 2, 0],
        ],
      )
      const denied = at().double.faults.add(
        { kind: 'error', code: 'AccessDenied' },
        { bucket: 'replica' },
      )
      assert.equal((await verify(digest)).outcome, 'unknown')
      denied.lift()
      at().double.behindTheBack.destroyVersion(at().nameOf(copy))
      assert.equal((await verify(digest)).outcome, 'failed')
    })

    test('encryption and lock are recorded as the store tells them', async () => {
      const { digest, blobs } = await begin('encrypted', ['one'])
      const [blob] = blobs as [Blob]
      at().double.behindTheBack.alter(at().nameOf(blob), {
        encryption: { algorithm: 'aws:kms', keyId: 'arn:aws:kms:key' },
        retention: { mode: 'COMPLIANCE', untilMs: Date.parse('2100-01-01T00:00:00Z') },
      })
      const { detail } = await verify(digest)
      assert.deepEqual(detail?.encryption, [{ algorithm: 'aws:kms', keyId: 'arn:aws:kms:key' }])
      assert.equal(detail.lockedUntil, '2100-01-01T00:00:00.000Z')
    })

    test('it needs the grant to verify, and a checkpoint that is there', async () => {
      const { digest } = await begin('grants', ['one'])
      const token = await at().scene.at.tokenFor('reader', [{ verbs: ['read'], on: '*/*' }])
      const headers = { authorization: `Bearer ${token}` }
      const path = `/checkpoints/${digest}/verify`
      refused(await at().scene.post(path, { depth: 'present' }, headers), 'FORBIDDEN')
      refused(await at().scene.post('/buckets/states/probe', {}, headers), 'FORBIDDEN')
      const missing = `/checkpoints/sha256:${'0'.repeat(64)}/verify`
      refused(await at().scene.post(missing, { depth: 'present' }), 'CHECKPOINT_NOT_FOUND')
      refused(await at().scene.post(path, { depth: 'restored' }), 'INVALID_REQUEST')
    })

    test('a probe is an entry, and the list has the newest of each bucket', async () => {
      const before = await at().scene.size()
      const probe = answered(await at().scene.post('/buckets/replica/probe', {}), 201)
      assert.equal(probe.index, before)
      const items = itemsOf(await at().scene.get('/buckets'))
      assert.deepEqual(
        items.map((item: Bucket) => item.bucket),
        ['replica', 'states', 'unusual'],
      )
      assert.deepEqual(items[0].probe.findings, probe.findings)
      const then = itemsOf(await at().scene.get(`/buckets?asOf=${before - 1}`))
      assert.equal(then[0].probe, undefined)
      refused(await at().scene.post('/buckets/nowhere/probe', {}), 'BUCKET_NOT_ALLOWED')
      at().double.faults.add({ kind: 'error', code: 'SlowDown' })
      refused(await at().scene.post('/buckets/replica/probe', {}), 'STORE_UNAVAILABLE')
      assert.equal(await at().scene.size(), before + 1)
    })
  })
}
