import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered } from '../register/scene.ts'
import { useBlobScene, type Blob } from '../verify/blob-scene.ts'

for (const dialect of dialects) {
  describe(`what has failed is not healed by less, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    const latest = async (job: string): Promise<Digest> =>
      answered(await at().scene.latest(job), 200).checkpoint.checkpoint
    const begin = async (checkpoint: Digest): Promise<string> =>
      answered(await at().scene.post('/restores', { checkpoint, ownership: 'no-claim' }), 201)
        .restore
    const end = async (restore: string, body: object): Promise<void> => {
      const whole = { bytes: 1, durationMs: 1, ...body }
      answered(await at().scene.post(`/restores/${restore}/outcome`, whole), 200)
    }
    const failure = (checkpoint: Digest, { name, uri, versionId }: Blob, code: string) => ({
      checkpoint,
      code,
      rank: 0,
      name,
      uri,
      versionId,
      message: 'Not as declared.',
    })
    /** Two states of a job, of which the newer has these blobs. */
    const two = async (job: string, blobs: readonly Blob[]): Promise<readonly [Digest, Digest]> => {
      const { run } = await at().scene.open(job)
      const early = await at().save(run, 1, [at().store(`${job}-early`, 'early')])
      return [early, await at().save(run, 2, blobs)]
    }

    test('wrong bytes weigh more than missing ones, whichever blob comes first', async () => {
      const blobs = ['a', 'b'].map((key) => ({ ...at().store(key, key), name: key }))
      const [gone, wrong] = blobs
      assert.ok(gone && wrong)
      const [early, newer] = await two('weighed', blobs)
      at().double.behindTheBack.destroyVersion(at().nameOf(gone))
      const failures = [
        failure(newer, gone, 'BLOB_NOT_FOUND'),
        failure(newer, wrong, 'DIGEST_DIFFERS'),
      ]
      await end(await begin(newer), { outcome: 'failed', checked: false, failures })
      answered(await at().scene.evidence(newer, 'present', 'passed'), 201)
      assert.equal(await latest('weighed'), early)
    })

    test('a copy with wrong bytes is found behind a version that is gone, and no stat makes it good', async () => {
      const blob = at().store('copied', 'right')
      const { uri, versionId } = at().store('copied', 'wrong', 'replica')
      const [early] = await two('copied', [{ ...blob, copies: [{ uri, versionId }] }])
      const newer = await latest('copied')
      at().double.behindTheBack.destroyVersion(at().nameOf(blob))
      for (const depth of ['verified', 'present']) {
        answered(await at().scene.post(`/checkpoints/${newer}/verify`, { depth }), 200)
        assert.equal(await latest('copied'), early)
      }
    })

    test('a restore that began before the failure, or that lists one, proves nothing', async () => {
      const blob = at().store('stale', 'stale')
      const [early, newer] = await two('stale', [blob])
      const before = await begin(newer)
      answered(await at().scene.evidence(newer, 'verified', 'failed'), 201)
      const done = { outcome: 'succeeded', checked: true }
      await end(before, done)
      assert.equal(await latest('stale'), early)
      const failures = [failure(newer, blob, 'DIGEST_DIFFERS')]
      await end(await begin(newer), { ...done, failures })
      assert.equal(await latest('stale'), early)
      await end(await begin(newer), done)
      assert.equal(await latest('stale'), newer)
    })
  })
}
