import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Bucket } from '../../schema/bucket.ts'
import { digestOf } from '../../schema/digest.ts'
import type { PlanWarning } from '../../schema/recovery-plan.ts'
import type { Run } from '../../schema/run.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, itemsOf, refused, type Scene } from '../register/scene.ts'
import { startS3Double, type S3Double } from '../s3/double/s3-double.ts'
import { configWithBuckets, useCredentials } from '../s3/open-store.ts'
import type { Blob } from './blob-scene.ts'

const KEY = 'theirs/model.bin'
const CONTENT = 'a state of theirs'

for (const dialect of dialects) {
  describe(`a bucket that is closed to a namespace, on ${dialect}`, () => {
    let double: S3Double
    let owner: Scene
    let stranger: Scene
    let blob: Blob
    before(async () => {
      double = await startS3Double()
      useCredentials(double)
      double.createBucket('shared')
      double.createBucket('theirs')
      const buckets = [{ bucket: 'shared' }, { bucket: 'theirs', namespaces: ['pricing*'] }]
      const at = await openTestCatalog(dialect, await configWithBuckets(dialect, double, buckets))
      owner = await declareScene(at, 'pricing')
      stranger = await declareScene(at, 'airline')
      blob = {
        name: 'model.bin',
        uri: `s3://theirs/${KEY}`,
        versionId: double.behindTheBack.store('theirs', KEY, Buffer.from(CONTENT)),
        sizeBytes: CONTENT.length,
        digest: digestOf(CONTENT),
      }
      double.traffic.reset()
    })
    after(async () => {
      await owner.at.close()
      await double.stop()
    })
    const save = (scene: Scene, run: Run, step: number) =>
      scene.save(run, step, { shards: [{ rank: 0, blobs: [blob] }] })
    const asked = (): number => double.traffic.count()

    test('it is in the list of its own namespaces only, and probed only there', async () => {
      const namesIn = async (scene: Scene): Promise<readonly string[]> =>
        itemsOf(await scene.get('/buckets')).map(({ bucket }: Bucket) => bucket)
      assert.deepEqual(await namesIn(owner), ['shared', 'theirs'])
      assert.deepEqual(await namesIn(stranger), ['shared'])
      refused(await stranger.post('/buckets/theirs/probe', {}), 'BUCKET_NOT_ALLOWED')
      assert.equal(asked(), 0)
      answered(await owner.post('/buckets/theirs/probe', {}), 201)
      assert.ok(asked() > 0)
    })

    test('its objects are neither looked at, nor signed, nor removed for others', async () => {
      const { run } = await stranger.open('thief')
      answered(await stranger.put('/policies/now', { graceSeconds: 0 }), 200)
      answered(await stranger.put('/jobs/thief', { policy: 'now' }), 200)
      const digest = await save(stranger, run, 1)
      double.traffic.reset()
      const verified = answered(
        await stranger.post(`/checkpoints/${digest}/verify`, { depth: 'verified' }),
        200,
      )
      assert.equal(verified.outcome, 'unknown')
      assert.equal(verified.faults[0].code, 'BUCKET_NOT_ALLOWED')
      assert.match(verified.faults[0].message, /not open to the namespace "airline"/)
      const plan = answered(
        await stranger.post('/recovery-plans', { job: 'thief', presign: true }),
        200,
      )
      assert.deepEqual(
        plan.stages[0].blobs[0].sources.map(({ kind }: { kind: string }) => kind),
        ['object'],
      )
      const warning = plan.warnings.find(({ code }: PlanWarning) => code === 'NOT_PRESIGNED')
      assert.match(warning?.message, /s3:\/\/theirs \(BUCKET_NOT_ALLOWED\)/)
      answered(await stranger.tombstone(digest), 201)
      const swept = answered(await stranger.post('/sweeps', { dryRun: false }), 200)
      assert.deepEqual([swept.removedCount, swept.leftCount], [0, 1])
      assert.equal(swept.left[0].code, 'BUCKET_NOT_ALLOWED')
      assert.equal(asked(), 0)
    })

    test('a policy that asks something of storage refuses to register there', async () => {
      answered(await stranger.put('/policies/near', { storage: { regions: ['us-east-1'] } }), 200)
      answered(await stranger.put('/jobs/careful', { policy: 'near' }), 200)
      const { run } = await stranger.open('careful')
      const manifest = sampleManifest(run, 1, { shards: [{ rank: 0, blobs: [blob] }] })
      refused(await stranger.register(manifest), 'POLICY_VIOLATED')
    })

    test('its own namespaces use it as any other', async () => {
      const { run } = await owner.open('daily')
      answered(await owner.put('/policies/now', { graceSeconds: 0 }), 200)
      answered(await owner.put('/jobs/daily', { policy: 'now' }), 200)
      const digest = await save(owner, run, 1)
      const verified = answered(
        await owner.post(`/checkpoints/${digest}/verify`, { depth: 'verified' }),
        200,
      )
      assert.equal(verified.outcome, 'passed')
      answered(await owner.tombstone(digest), 201)
      const swept = answered(await owner.post('/sweeps', { dryRun: false }), 200)
      assert.deepEqual([swept.removedCount, swept.leftCount], [1, 0])
    })
  })
}
