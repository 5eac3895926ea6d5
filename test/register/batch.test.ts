import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Manifest } from '../../schema/manifest.ts'
import { BATCH_MAX_COUNT } from '../../schema/operations/register.ts'
import { problemStatus } from '../../server/http/problem.ts'
import { dialects } from '../harness/catalog.ts'
import { idOf, sampleBlob, sampleManifest } from '../harness/samples.ts'
import { answered, refused, useScene } from './scene.ts'

interface BatchResult {
  readonly status: string
  readonly receipt?: { readonly checkpoint: string; readonly index: number }
  readonly problem?: { readonly code: keyof typeof problemStatus; readonly status: number }
}

for (const dialect of dialects) {
  describe(`batches on ${dialect}`, () => {
    const scene = useScene(dialect)
    const send = async (manifests: readonly Manifest[]): Promise<readonly BatchResult[]> => {
      const items = manifests.map((manifest) => ({ manifest }))
      return answered(await scene().post('/checkpoints/batch', { items }), 200).results
    }
    const codes = (results: readonly BatchResult[]): readonly string[] =>
      results.map((result) => result.problem?.code ?? result.status)

    test('every item has a result of its own, in the order in which they were sent', async () => {
      const { run } = await scene().open('fares')
      const fenced = (await scene().open('fenced')).run
      await scene().open('fenced')
      const other = { shards: [{ rank: 0, blobs: [sampleBlob('other.bin')] }] }
      const manifests = [
        sampleManifest(run, 1),
        sampleManifest(fenced, 1),
        sampleManifest(run, 3),
        sampleManifest(run, 2),
        sampleManifest(run, 3, other),
        sampleManifest(run, 3),
        sampleManifest(run, 4, { kind: 'delta' }),
        sampleManifest({ ...run, run: 'nobody' as typeof run.run }, 1),
        sampleManifest(run, 4),
      ]
      const size = await scene().size()
      const results = await send(manifests)
      assert.deepEqual(codes(results), [
        'registered',
        'ATTEMPT_FENCED',
        'registered',
        'STEP_REGRESSION',
        'REGISTRATION_CONFLICT',
        'registered',
        'BASE_REQUIRED',
        'RUN_NOT_FOUND',
        'registered',
      ])
      const indexes = results.map((result) => result.receipt?.index)
      assert.deepEqual(indexes, [
        size,
        undefined,
        size + 1,
        undefined,
        undefined,
        size + 1,
        undefined,
        undefined,
        size + 2,
      ])
      for (const [place, { receipt, problem }] of results.entries()) {
        const manifest = manifests[place]
        assert.ok(manifest)
        if (receipt) assert.equal(receipt.checkpoint, idOf(manifest))
        if (problem) assert.equal(problem.status, problemStatus[problem.code])
      }
      assert.equal(await scene().size(), size + 3)
    })

    test('a delta may name a base that comes before it in the batch, but not after', async () => {
      const { run } = await scene().open('in-batch')
      const full = sampleManifest(run, 1)
      const delta = sampleManifest(run, 2, { base: idOf(full) })
      const top = sampleManifest(run, 3, { base: idOf(delta) })
      assert.deepEqual(codes(await send([delta, full, delta, top])), [
        'BASE_NOT_FOUND',
        'registered',
        'registered',
        'registered',
      ])
      const latest = answered(await scene().latest('in-batch'), 200).checkpoint
      assert.equal(latest.checkpoint, idOf(top))
      assert.equal(latest.chainLength, 3)
    })

    test('a base that was refused in the batch is no base', async () => {
      const { run } = await scene().open('refused-base')
      const base = sampleManifest(run, 1, { worldSize: 2 })
      const delta = sampleManifest(run, 2, { base: idOf(base) })
      assert.deepEqual(codes(await send([base, delta])), ['SHARDS_INCOMPLETE', 'BASE_NOT_FOUND'])
    })

    test('a batch sent again gives the same receipts and records nothing', async () => {
      const { run } = await scene().open('again')
      const manifests = [1, 2, 3].map((step) => sampleManifest(run, step))
      const first = await send(manifests)
      const size = await scene().size()
      assert.deepEqual(await send(manifests), first)
      assert.deepEqual(
        await send([...manifests, sampleManifest(run, 4)]).then((all) => all.slice(0, 3)),
        first,
      )
      assert.equal(await scene().size(), size + 1)
    })

    test('256 is a batch', async () => {
      const { run } = await scene().open('full')
      const manifests = Array.from({ length: BATCH_MAX_COUNT }, (_, step) =>
        sampleManifest(run, step),
      )
      const results = await send(manifests)
      assert.equal(results.length, BATCH_MAX_COUNT)
      assert.equal(new Set(results.map((result) => result.receipt?.index)).size, BATCH_MAX_COUNT)
    })

    test('one item that does not fit its schema refuses the batch, before anything is recorded', async () => {
      const { run } = await scene().open('malformed')
      const size = await scene().size()
      const items = [
        { manifest: sampleManifest(run, 1) },
        { manifest: { ...sampleManifest(run, 2), step: 'two' } },
      ]
      const answer = await scene().post('/checkpoints/batch', { items })
      refused(answer, 'INVALID_TYPE')
      assert.equal(answer.body.pointer, '/items/1/manifest/step')
      assert.equal(await scene().size(), size)
    })
  })
}
