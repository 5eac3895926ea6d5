import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, unproven, useScene } from './scene.ts'

for (const dialect of dialects) {
  describe(`names and documents on ${dialect}`, () => {
    const scene = useScene(dialect)

    test('the same declaration again changes nothing, however it is spelled', async () => {
      const spec = { description: 'Prices of tomorrow', labels: { team: 'pricing', area: 'eu' } }
      const first = answered(await scene().put('/jobs/fares', spec), 200)
      const size = await scene().size()
      const respelled = { labels: { area: 'eu', team: 'pricing' }, description: spec.description }
      scene().at.advance(1000)
      assert.deepEqual(answered(await scene().put('/jobs/fares', respelled), 200), first)
      assert.equal(await scene().size(), size)
      assert.deepEqual(answered(await scene().get('/jobs/fares'), 200), unproven(first))
    })

    test('another declaration replaces the first, which is still true of the past', async () => {
      const first = answered(await scene().put('/jobs/delays', { description: 'old' }), 200)
      const second = answered(await scene().put('/jobs/delays', { description: 'new' }), 200)
      assert.ok(second.index > first.index)
      const path = '/jobs/delays'
      assert.deepEqual(answered(await scene().get(path), 200), unproven(second))
      for (const [index, spec] of [
        [first.index, 'old'],
        [second.index - 1, 'old'],
        [second.index, 'new'],
      ]) {
        const then = answered(await scene().get(`${path}?asOf=${index}`), 200)
        assert.equal(then.spec.description, spec)
      }
    })

    test('a namespace is declared once, and described as often as it changes', async () => {
      const at = (body: unknown) => scene().at.call('PUT', '/v1/namespaces/railway', body)
      const first = answered(await at({}), 200)
      assert.equal(first.index, 0)
      assert.deepEqual(answered(await at({}), 200), first)
      const second = answered(await at({ description: 'Trains' }), 200)
      // Behind the first declaration stand the keys that the log is signed with.
      assert.equal(second.index, 2)
      assert.deepEqual(answered(await at({ description: 'Trains' }), 200), second)
      const list = answered(await scene().at.call('GET', '/v1/namespaces'), 200)
      assert.deepEqual(list.items.at(-1), unproven(second))
    })

    test('declarations of one job that come at once are one entry, if they say the same', async () => {
      const size = await scene().size()
      const spec = { labels: { a: '1', b: '2' } }
      const answers = await Promise.all([
        scene().put('/jobs/crowd', spec),
        scene().put('/jobs/crowd', { labels: { b: '2', a: '1' } }),
        scene().put('/jobs/crowd', spec),
      ])
      for (const answer of answers) assert.equal(answered(answer, 200).index, size)
      assert.equal(await scene().size(), size + 1)
    })

    test('an environment is the exact canonical bytes of what was sent', async () => {
      const document = {
        schemaVersion: 1,
        sections: { hardware: { gpus: 8 }, code: { revision: 'abc', dirty: false } },
      }
      const digest = digestOf(canonicalize(document))
      const text = JSON.stringify(document, null, 1)
      const first = answered(
        await scene().at.call('PUT', scene().path(`/environments/${digest}`), text),
        201,
      )
      assert.equal(first.environment, digest)
      const size = await scene().size()
      assert.deepEqual(answered(await scene().put(`/environments/${digest}`, document), 200), first)
      assert.equal(await scene().size(), size)
      const { at } = scene()
      const response = await at.app.request(scene().path(`/environments/${digest}`), {
        headers: { authorization: `Bearer ${at.token}` },
      })
      assert.equal(await response.text(), canonicalize(document))
    })

    test('a run keeps its labels and its environment', async () => {
      const document = { schemaVersion: 1, sections: { runtime: { node: '24' } } }
      const environment = digestOf(canonicalize(document))
      await scene().put(`/environments/${environment}`, document)
      const labels = { shift: 'night', area: 'eu' }
      const { run } = await scene().open('labelled', { labels, environment })
      const found = answered(await scene().get(`/runs/${run.run}`), 200)
      assert.deepEqual(found.labels, labels)
      assert.equal(found.environment, environment)
      assert.equal(found.openedIndex, run.openedIndex)
    })
  })
}
