import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { openDatabase } from '../../server/compose.ts'
import { proveEntry } from '../../server/log/read-proofs.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { upTo } from '../log/drafts.ts'
import { answered, useScene } from '../register/scene.ts'
import { assertProven, judge } from './log-trust.ts'

for (const dialect of dialects) {
  describe(`receipts on ${dialect}`, () => {
    const scene = useScene(dialect)

    test('come with every write, hold against the pinned keys, and are the same when it is repeated', async () => {
      const environment = { schemaVersion: 1, sections: { code: { revision: 'abc' } } }
      const digest = digestOf(canonicalize(environment))
      const opening = { job: 'proven', resume: 'latest' }
      const key = { 'idempotency-key': 'open-proven' }
      const open = () => scene().post('/runs', opening, key)
      const { run, ...opened } = answered(await open(), 201)
      const checkpoint = await scene().save(run, 1)
      const evidence = { finding: 'verified', outcome: 'passed', method: 'test' }
      const writes = [
        () => scene().put('', {}),
        () => scene().put('/jobs/proven', { description: 'Proven' }),
        () => scene().put(`/environments/${digest}`, environment),
        () => scene().register(sampleManifest(run, 1)),
        () =>
          scene().post(`/checkpoints/${checkpoint}/evidence`, evidence, {
            'idempotency-key': 'evidence',
          }),
        () => scene().tombstone(checkpoint),
      ]
      for (const write of writes) {
        const first = (await write()).body
        await assertProven(scene().at, scene().namespace, first)
        // What comes later changes nothing about it.
        await scene().put(`/jobs/between-${first.index}`, {})
        const { proof } = (await write()).body
        assert.equal(proof, first.proof)
      }
      const again = answered(await open(), 201)
      assert.equal(again.proof, opened.proof)
      await assertProven(scene().at, scene().namespace, { ...again, index: run.openedIndex })
      const close = () => scene().post(`/runs/${run.run}/close`, { outcome: 'failed' })
      const closed = answered(await close(), 200)
      await assertProven(scene().at, scene().namespace, { ...closed, index: closed.closedIndex })
      assert.equal(answered(await close(), 200).proof, closed.proof)
    })

    test('of many writes at once are at the head of their batch', async () => {
      const { run } = await scene().open('crowd')
      const register = () =>
        Promise.all(upTo(64).map((step) => scene().register(sampleManifest(run, step))))
      const receipts = (await register()).map((answer) => answered(answer, 201))
      const heads = new Set(receipts.map(({ proof }) => proof.slice(proof.indexOf('\n\n'))))
      assert.ok(heads.size < receipts.length, 'the writes shared batches')
      for (const receipt of receipts) await assertProven(scene().at, scene().namespace, receipt)
      const again = (await register()).map((answer) => answered(answer, 200))
      assert.deepEqual(again, receipts)
    })

    test('come with each item of a batch request', async () => {
      const { run } = await scene().open('batch')
      const manifests = upTo(44).map((step) => sampleManifest(run, step))
      const items = manifests.map((manifest) => ({ manifest }))
      const send = async () => answered(await scene().post('/checkpoints/batch', { items }), 200)
      const { results } = await send()
      assert.equal(results.length, items.length)
      for (const { receipt } of results) {
        await assertProven(scene().at, scene().namespace, receipt)
      }
      assert.deepEqual((await send()).results, results)
    })

    test('are the same after a start, when nothing is in memory any more', async () => {
      const { run } = await scene().open('later')
      const receipts = []
      for (const step of upTo(3)) {
        receipts.push(answered(await scene().register(sampleManifest(run, step)), 201))
      }
      const { signer } = scene().at.catalog.context
      // Another handle has caches of its own.
      const other = await openDatabase(scene().at.config.database, Date.now)
      for (const { index, proof } of receipts) {
        const namespace = scene().namespace as NamespaceName
        assert.equal(await proveEntry({ db: other.reader, signer }, namespace, index), proof)
      }
      await other.close()
    })

    test('do not hold for another entry, another log or another key', async () => {
      const { run } = await scene().open('foreign')
      const { proof } = answered(await scene().register(sampleManifest(run, 1)), 201)
      const { at, namespace } = scene()
      const { signer } = at.catalog.context
      const other = signer.verifierKeys('other' as NamespaceName)
      assert.equal((await judge(at, namespace, { proof, keys: other })).ok, false)
      const moved = proof.replace(/^index (\d+)$/m, (_: string, index: string) => {
        return `index ${Number(index) - 1}`
      })
      assert.equal((await judge(at, namespace, { proof: moved })).ok, false)
    })
  })
}
