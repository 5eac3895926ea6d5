import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { restore } from '../../client-sdk/restore/restore.ts'
import type { PlanSource, RecoveryPlan } from '../../client-sdk/api.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, refused } from '../register/scene.ts'
import { useBlobScene, type Blob } from '../verify/blob-scene.ts'

for (const dialect of dialects) {
  describe(`where a plan says to fetch from, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    const plan = async (job: string, wishes: object = {}): Promise<RecoveryPlan> =>
      answered(await at().scene.post('/recovery-plans', { job, ...wishes }), 200)
    const sourcesIn = ({ stages }: Pick<RecoveryPlan, 'stages'>): readonly PlanSource[] =>
      stages[0]?.blobs[0]?.sources ?? []
    const placesIn = (found: Pick<RecoveryPlan, 'stages'>): readonly string[] =>
      sourcesIn(found).map(({ kind, bucket, region }) => [kind, bucket, region].join(' '))
    const withCopy = (key: string, text: string): Blob => {
      const { uri, versionId } = at().store(key, text, 'replica')
      return { ...at().store(key, text), copies: [{ uri, versionId, region: 'eu-west-1' }] }
    }
    const probe = async (): Promise<void> => {
      for (const bucket of ['states', 'replica']) {
        answered(await at().scene.post(`/buckets/${bucket}/probe`, {}), 201)
      }
    }
    const fetched = async (found: RecoveryPlan): Promise<string> => {
      const into = mkdtempSync(join(tmpdir(), 'cairn-sources-'))
      const { stages } = await restore(found, { into, stores: [] })
      return readFileSync(stages[0]?.files[0]?.path ?? '', 'utf8')
    }

    test('a blob in one place says nothing, until somebody asks', async () => {
      const { run } = await at().scene.open('one-place')
      await at().save(run, 1, [at().store('one.bin', 'one')])
      assert.equal((await plan('one-place')).stages[0]?.blobs[0]?.sources, undefined)
      const asked = await plan('one-place', { regions: ['us-east-1'] })
      assert.deepEqual(placesIn(asked), ['object states us-east-1'])
    })

    test('URLs are given where a probe has proven that they work, and a restore needs nothing else', async () => {
      const { run } = await at().scene.open('urls')
      await at().save(run, 1, [at().store('urls.bin', 'by URL')])
      const before = await plan('urls', { presign: true })
      assert.deepEqual(placesIn(before), ['object states us-east-1'])
      assert.ok(before.warnings.some(({ code }) => code === 'NOT_PRESIGNED'))
      await probe()
      const found = await plan('urls', { presign: true, presignSeconds: 120 })
      assert.deepEqual(placesIn(found), ['url states us-east-1', 'object states us-east-1'])
      const [source] = sourcesIn(found)
      assert.equal(source?.expiresAt, '2026-11-23T10:02:00.000Z')
      assert.match(source.url ?? '', /X-Amz-Expires=120/)
      assert.match(source.url ?? '', /versionId=/)
      assert.equal(await fetched(found), 'by URL')
      for (const presignSeconds of [0, 7 * 24 * 3600 + 1]) {
        const asked = { job: 'urls', presign: true, presignSeconds }
        refused(await at().scene.post('/recovery-plans', asked), 'INVALID_REQUEST')
      }
    })

    test('copies are ordered by the regions that are preferred, without those that are away', async () => {
      const { run } = await at().scene.open('regions')
      await at().save(run, 1, [withCopy('regions.bin', 'both')])
      const [here, there] = ['object states us-east-1', 'object replica eu-west-1']
      assert.deepEqual(placesIn(await plan('regions')), [here, there])
      assert.deepEqual(placesIn(await plan('regions', { regions: ['eu-west-1'] })), [there, here])
      for (const unavailable of [{ regions: ['us-east-1'] }, { buckets: ['states'] }]) {
        assert.deepEqual(placesIn(await plan('regions', { unavailable })), [there])
      }
      const nowhere = { job: 'regions', unavailable: { buckets: ['states', 'replica'] } }
      const none = refused(await at().scene.post('/recovery-plans', nowhere), 'NO_GOOD_CHECKPOINT')
      assert.deepEqual(
        none.skipped.map(({ reason }: { readonly reason: string }) => reason),
        ['UNAVAILABLE'],
      )
      const unavailable = { regions: ['us-east-1'] }
      const resumed = await at().scene.post('/runs', {
        job: 'regions',
        resume: 'latest',
        unavailable,
      })
      assert.deepEqual(placesIn(answered(resumed, 201).plan), [there])
    })

    test('a restore falls to the next place, and the next plan begins with the one that is whole', async () => {
      await probe()
      const { run } = await at().scene.open('falls')
      const blob = withCopy('falls.bin', 'still there')
      const digest = await at().save(run, 1, [blob])
      at().double.behindTheBack.destroyVersion(at().nameOf(blob))
      const found = await plan('falls', { presign: true })
      assert.match(placesIn(found)[0] ?? '', /^url states/)
      assert.equal(await fetched(found), 'still there')

      const verified = await at().scene.post(`/checkpoints/${digest}/verify`, { depth: 'present' })
      assert.equal(answered(verified, 200).outcome, 'passed')
      assert.match(placesIn(await plan('falls', { presign: true }))[0] ?? '', /^url replica/)
    })

    test('a place whose bytes are wrong is passed over too', async () => {
      await probe()
      const { run } = await at().scene.open('wrong')
      const blob = withCopy('wrong.bin', 'right bytes')
      await at().save(run, 1, [blob])
      at().double.behindTheBack.flipBit(at().nameOf(blob), 3)
      assert.equal(await fetched(await plan('wrong', { presign: true })), 'right bytes')
    })
  })
}
