import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BlobSource } from '../../schema/recovery-plan.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, refused } from '../register/scene.ts'
import { useBlobScene } from '../verify/blob-scene.ts'

for (const dialect of dialects) {
  describe(`sources in the buckets of the configuration, on ${dialect}`, () => {
    const at = useBlobScene(dialect)

    test('are named, ordered and left out by it, and each has a URL of exactly its version', async () => {
      const { scene, store, save } = at()
      const { run } = await scene.open('fares')
      const copy = store('state', 'the state', 'replica')
      const own = store('state', 'the state')
      const { uri, versionId } = copy
      // Named first in the manifest, and second in the configuration.
      await save(run, 1, [{ ...copy, copies: [{ uri: own.uri, versionId: own.versionId }] }])
      // A newer version of the same name must not be what a URL gives.
      store('state', 'another state')
      const sourcesOf = async (body: object): Promise<readonly BlobSource[]> => {
        const plan = answered(await scene.post('/recovery-plans', { job: 'fares', ...body }), 200)
        return plan.stages[0].blobs[0].sources
      }
      const region = 'us-east-1'
      const states = { uri: own.uri, versionId: own.versionId, bucket: 'states', region }
      const replica = { uri, versionId, bucket: 'replica', region }
      assert.deepEqual(await sourcesOf({}), [states, replica])
      assert.deepEqual(await sourcesOf({ unavailable: { buckets: ['states'] } }), [replica])
      const signed = await sourcesOf({ urlSeconds: 60 })
      for (const { url } of signed) {
        const response = await fetch(url ?? '')
        assert.equal(await response.text(), 'the state')
      }
      assert.equal(signed.length, 2)
      const down = { job: 'fares', unavailable: { buckets: ['states', 's3://replica'] } }
      refused(await scene.post('/recovery-plans', down), 'NO_GOOD_CHECKPOINT')
    })
  })
}
