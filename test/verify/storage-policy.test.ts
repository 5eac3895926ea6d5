import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import type { Run } from '../../schema/run.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, refused, type Opened } from '../register/scene.ts'
import type { Called } from '../harness/catalog.ts'
import { useBlobScene, type Blob } from './blob-scene.ts'

for (const dialect of dialects) {
  describe(`what a policy asks of storage, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    let jobCount = 0
    let run: Run
    const begin = async (storage: object): Promise<Opened> => {
      jobCount += 1
      const job = `job-${jobCount}`
      answered(await at().scene.put(`/policies/${job}`, { storage }), 200)
      answered(await at().scene.put(`/jobs/${job}`, { policy: job }), 200)
      return at().scene.open(job)
    }
    const probe = async (bucket: string): Promise<void> => {
      answered(await at().scene.post(`/buckets/${bucket}/probe`, {}), 201)
    }
    const register = (step: number, blob: Blob): Promise<Called> =>
      at().scene.register(sampleManifest(run, step, { shards: [{ rank: 0, blobs: [blob] }] }))
    const violations = async (called: Promise<Called>): Promise<readonly string[]> =>
      refused(await called, 'POLICY_VIOLATED').violations
    beforeEach(() => {
      jobCount += 1
    })

    test('nothing is refused for what nobody knows yet; the first look says it', async () => {
      ;({ run } = await begin({ objectLock: true, encryption: 'kms' }))
      const blob = at().store('unprobed.bin', 'bytes', 'replica')
      const { checkpoint } = answered(await register(1, blob), 201)
      const path = `/checkpoints/${checkpoint as Digest}/verify`
      const found = answered(await at().scene.post(path, { depth: 'present' }), 200)
      // The bytes are there: a violation is told, and demotes nothing.
      assert.equal(found.outcome, 'passed')
      assert.deepEqual(found.evidence.detail.violations, [
        'replica: encrypted with AES256, not with a key of KMS',
        'replica: a version is not locked',
      ])
    })

    test('a bucket without lock or with other encryption is refused once a probe has shown it', async () => {
      await probe('states')
      await probe('replica')
      ;({ run } = await begin({ objectLock: true }))
      assert.deepEqual(await violations(register(1, at().store('a.bin', 'a', 'replica'))), [
        'replica: object lock is not proven',
      ])
      answered(await register(1, at().store('a.bin', 'a')), 201)
      ;({ run } = await begin({ encryption: 'any' }))
      answered(await register(1, at().store('b.bin', 'b')), 201)
      ;({ run } = await begin({ encryption: 'kms' }))
      assert.match((await violations(register(1, at().store('c.bin', 'c'))))[0] ?? '', /KMS/)
    })

    test('every place, copies too, is in a region that is named, and in a bucket that is known', async () => {
      ;({ run } = await begin({ regions: ['us-east-1'] }))
      const blob = at().store('region.bin', 'bytes')
      answered(await register(1, blob), 201)
      const { uri, versionId } = at().store('region.bin', 'bytes', 'replica')
      const copied = { ...blob, copies: [{ uri, versionId, region: 'eu-west-1' }] }
      assert.match((await violations(register(2, copied)))[0] ?? '', /eu-west-1/)
      const foreign = { ...blob, uri: 's3://elsewhere/key' }
      assert.match((await violations(register(2, foreign)))[0] ?? '', /in no bucket/)
      // The same manifest again is the same checkpoint, whatever the policy says now.
      answered(await register(1, blob), 200)
    })

    test('a lifecycle rule that destroys versions is told, and refused where the policy says so', async () => {
      const bucket = at().double.createBucket('replica')
      const rule = (prefix: string, more = '') =>
        `<Rule><ID>tidy</ID><Status>Enabled</Status><Filter>${more || `<Prefix>${prefix}</Prefix>`}</Filter><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration></Rule>`
      const setRules = (rules: string): void => {
        bucket.lifecycleXml = `<LifecycleConfiguration>${rules}</LifecycleConfiguration>`
      }
      const tagged = rule('', '<Tag><Key>tmp</Key><Value>1</Value></Tag>')
      setRules(tagged)
      await probe('replica')
      ;({ run } = await begin({ lifecycle: 'refuse' }))
      answered(await register(1, at().store('tagged.bin', 'x', 'replica')), 201)
      setRules(tagged + rule('sta'))
      await probe('replica')
      assert.deepEqual(await violations(register(2, at().store('x.bin', 'x', 'replica'))), [
        'replica: lifecycle rule "tidy" destroys versions under "sta"',
      ])
      ;({ run } = await begin({ lifecycle: 'warn' }))
      answered(await register(1, at().store('warned.bin', 'x', 'replica')), 201)
    })
  })
}
