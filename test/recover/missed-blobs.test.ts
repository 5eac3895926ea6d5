import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered } from '../register/scene.ts'
import { useBlobScene, type Blob } from '../verify/blob-scene.ts'

for (const dialect of dialects) {
  describe(`a restore that did not find what it was told to, on ${dialect}`, () => {
    const at = useBlobScene(dialect)
    /** Reports that a client found none of these, as one with a wrong endpoint does. */
    const miss = async (checkpoint: Digest, blobs: readonly Blob[]): Promise<void> => {
      const opened = await at().scene.post('/restores', { checkpoint, ownership: 'no-claim' })
      const failures = blobs.map(({ name, uri, versionId }) => {
        const place = { rank: 0, name, uri, versionId }
        return { checkpoint, code: 'BLOB_NOT_FOUND', ...place, message: 'Not here.' }
      })
      const path = `/restores/${answered(opened, 201).restore}/outcome`
      const body = { outcome: 'failed', checked: false, bytes: 0, durationMs: 1, failures }
      answered(await at().scene.post(path, body), 200)
    }
    const latest = async (job: string): Promise<Digest> =>
      answered(await at().scene.latest(job), 200).checkpoint.checkpoint
    const isWarned = async (job: string, members: object = {}): Promise<boolean> =>
      answered(await at().scene.post('/recovery-plans', { job, ...members }), 200).warnings.some(
        (warning: { readonly code: string }) => warning.code === 'RESTORE_FAILED',
      )

    test('a client with a wrong endpoint takes no state from anyone; the plan warns until somebody has looked', async () => {
      const { run } = await at().scene.open('endpoint')
      const blob = at().store('endpoint', 'whole')
      const checkpoint = await at().save(run, 1, [blob])
      const before = (await at().scene.size()) - 1
      await miss(checkpoint, [blob])
      assert.equal(await latest('endpoint'), checkpoint)
      assert.equal(await isWarned('endpoint'), true)
      assert.equal(await isWarned('endpoint', { asOf: before }), false)
      answered(
        await at().scene.post(`/checkpoints/${checkpoint}/verify`, { depth: 'present' }),
        200,
      )
      assert.equal(await isWarned('endpoint'), false)
    })

    test('what the catalog does not find either is evidence, in every place of the blob', async () => {
      const { run } = await at().scene.open('gone')
      const early = await at().save(run, 1, [at().store('early', 'early')])
      const blob = at().store('gone', 'gone')
      const { uri, versionId } = at().store('gone', 'gone', 'replica')
      const checkpoint = await at().save(run, 2, [{ ...blob, copies: [{ uri, versionId }] }])
      const places = [blob, { ...blob, uri, versionId }]
      at().double.behindTheBack.destroyVersion(at().nameOf(blob))
      await miss(checkpoint, places)
      assert.equal(await latest('gone'), checkpoint)
      at().double.behindTheBack.destroyVersion(at().nameOf({ uri, versionId }))
      await miss(checkpoint, places)
      assert.equal(await latest('gone'), early)
    })

    test('where the catalog cannot look, nothing is demoted', async () => {
      const { run } = await at().scene.open('away')
      const blob = at().store('away', 'away')
      const foreign = { ...blob, uri: 's3://elsewhere/away' }
      const checkpoint = await at().save(run, 1, [blob])
      at().double.behindTheBack.destroyVersion(at().nameOf(blob))
      const denied = { kind: 'error', code: 'AccessDenied' } as const
      at().double.faults.add(denied, { operation: 'HeadObject' })
      await miss(checkpoint, [blob])
      assert.equal(await latest('away'), checkpoint)
      const newer = await at().save(run, 2, [foreign])
      await miss(newer, [foreign])
      assert.equal(await latest('away'), newer)
      assert.equal(await isWarned('away'), true)
    })
  })
}
