import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { leafHash } from '../../schema/merkle.ts'
import { dialects, newConfig, openTestCatalog } from '../harness/catalog.ts'
import { idOf, sampleBlob, sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, sceneIn, useScene } from './scene.ts'

const otherShards = [{ rank: 0, blobs: [sampleBlob('model.bin', 'other state')] }]

for (const dialect of dialects) {
  describe(`registering a checkpoint on ${dialect}`, () => {
    const scene = useScene(dialect)

    test('the receipt names the entry, and its leaf hash is that of the exact bytes', async () => {
      const { run } = await scene().open('fares')
      const manifest = sampleManifest(run, 1)
      const answer = await scene().register(manifest)
      const receipt = answered(answer, 201)
      assert.equal(receipt.checkpoint, idOf(manifest))
      assert.equal(answer.headers.get('location'), scene().path(`/checkpoints/${idOf(manifest)}`))
      const { db } = scene().at.catalog.context
      const entry = await db
        .selectFrom('entry')
        .select('bytes')
        .where('namespace', '=', scene().namespace as never)
        .where('log_index', '=', receipt.index)
        .executeTakeFirstOrThrow()
      const text = Buffer.from(entry.bytes).toString()
      assert.equal(Buffer.from(leafHash(entry.bytes)).toString('base64'), receipt.leafHash)
      assert.equal(canonicalize(JSON.parse(text)), text)
      const { kind, subject, actor, at } = JSON.parse(text)
      assert.deepEqual(
        { kind, subject, actor, at },
        {
          kind: 'checkpoint.registered',
          subject: receipt.checkpoint,
          actor: 'tester',
          at: receipt.at,
        },
      )
    })

    test('the same manifest again is the same checkpoint, one entry and the same receipt', async () => {
      const { run } = await scene().open('repeated')
      const manifest = sampleManifest(run, 1)
      const receipt = answered(await scene().register(manifest), 201)
      const size = await scene().size()
      scene().at.advance(60_000)
      assert.deepEqual(answered(await scene().register(manifest), 200), receipt)
      await scene().save(run, 2)
      assert.deepEqual(answered(await scene().register(manifest), 200), receipt)
      assert.equal(await scene().size(), size + 1)
    })

    test('the same manifest from many at once is one entry', async () => {
      const { run } = await scene().open('crowd')
      const manifest = sampleManifest(run, 1)
      const size = await scene().size()
      const answers = await Promise.all(Array.from({ length: 8 }, () => scene().register(manifest)))
      const statuses = answers.map((answer) => answer.status).toSorted((one, two) => one - two)
      assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 200, 201])
      for (const answer of answers) assert.deepEqual(answer.body, answers[0]?.body)
      assert.equal(await scene().size(), size + 1)
    })

    test('order of members, white space and escapes do not make another checkpoint', async () => {
      const { run } = await scene().open('spelled')
      const manifest = sampleManifest(run, 1, { parameters: { rate: 0.5, name: 'é' } })
      const receipt = answered(await scene().register(manifest), 201)
      const reversed = Object.fromEntries(Object.entries(manifest).toReversed())
      const texts = [
        JSON.stringify({ manifest: reversed }, null, 2),
        JSON.stringify({ manifest }).replace('é', '\\u00e9').replace('0.5', '5e-1'),
        `\n${canonicalize({ manifest, digest: idOf(manifest) })}\t`,
      ]
      for (const text of texts) {
        assert.deepEqual(answered(await scene().post('/checkpoints', text), 200), receipt)
      }
    })

    test('the stored manifest is the canonical bytes, whose digest is the id', async () => {
      const { run } = await scene().open('bytes')
      const manifest = sampleManifest(run, 1, {
        parameters: { ключ: ['\u2028', 1e21, -0, { b: 1, a: null }], __proto: 1 },
        labels: { z: 'last', a: 'first' },
      })
      const id = answered(await scene().register(manifest), 201).checkpoint
      const { at } = scene()
      const response = await at.app.request(scene().path(`/checkpoints/${id}/manifest`), {
        headers: { authorization: `Bearer ${at.token}` },
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      assert.equal(digestOf(bytes), id)
      assert.equal(Buffer.from(bytes).toString(), canonicalize(manifest))
    })

    test('a caller who computed the id may send it along', async () => {
      const { run } = await scene().open('checked')
      const manifest = sampleManifest(run, 1)
      answered(await scene().post('/checkpoints', { manifest, digest: idOf(manifest) }), 201)
    })

    test('another manifest for the run, step and tier is a conflict that names the first', async () => {
      const { run } = await scene().open('conflict')
      const receipt = answered(await scene().register(sampleManifest(run, 3)), 201)
      const size = await scene().size()
      const second = sampleManifest(run, 3, { shards: otherShards })
      const conflict = { checkpoint: receipt.checkpoint, index: receipt.index }
      assert.deepEqual(refused(await scene().register(second), 'REGISTRATION_CONFLICT'), conflict)
      assert.equal(await scene().size(), size)
      // Also when the run has gone on since, and however the first stands by now.
      await scene().save(run, 4)
      await scene().tombstone(receipt.checkpoint)
      assert.deepEqual(refused(await scene().register(second), 'REGISTRATION_CONFLICT'), conflict)
    })

    test('the two tiers of one step are two checkpoints, in either order', async () => {
      const { run } = await scene().open('tiers')
      const light = await scene().save(run, 1, { tier: 'light' })
      const durable = await scene().save(run, 1)
      assert.notEqual(light, durable)
      await scene().save(run, 2)
      await scene().save(run, 2, { tier: 'light' })
    })

    test('a step behind the last one is refused; a run that goes back is a new one', async () => {
      const { run } = await scene().open('steps')
      const first = await scene().save(run, 10)
      await scene().save(run, 20)
      for (const step of [0, 9, 11, 19]) {
        const answer = await scene().register(sampleManifest(run, step))
        assert.equal(refused(answer, 'STEP_REGRESSION').lastStep, 20)
      }
      const again = (await scene().open('steps', { resume: first })).run
      await scene().save(again, 11)
    })

    test('steps reach from 0 to the largest safe integer', async () => {
      const { run } = await scene().open('bounds')
      await scene().save(run, 0)
      const last = await scene().save(run, Number.MAX_SAFE_INTEGER)
      const latest = answered(await scene().latest('bounds'), 200).checkpoint
      assert.equal(latest.checkpoint, last)
      assert.equal(latest.step, Number.MAX_SAFE_INTEGER)
      const next = await scene().open('bounds')
      assert.equal(next.plan?.step, Number.MAX_SAFE_INTEGER)
    })

    test('ranks have to be complete, each once', async () => {
      const { run } = await scene().open('ranks')
      const shard = (rank: number) => ({ rank, blobs: [sampleBlob(`rank-${rank}`)] })
      const tries = [
        { worldSize: 2, shards: [shard(0)] },
        { worldSize: 2, shards: [shard(0), shard(0)] },
        { worldSize: 2, shards: [shard(0), shard(2)] },
        { worldSize: 1, shards: [shard(0), shard(1)] },
        { shards: [shard(1)] },
      ]
      for (const members of tries) {
        refused(await scene().register(sampleManifest(run, 1, members)), 'SHARDS_INCOMPLETE')
      }
      await scene().save(run, 1, { worldSize: 3, shards: [shard(2), shard(0), shard(1)] })
    })

    test('environments and parents are recorded before what refers to them', async () => {
      const { run } = await scene().open('refers')
      const document = { schemaVersion: 1, sections: { runtime: { python: '3.14' } } }
      const environment = digestOf(canonicalize(document))
      const refers = sampleManifest(run, 1, { environment })
      refused(await scene().register(refers), 'ENVIRONMENT_NOT_FOUND')
      const recorded = answered(await scene().put(`/environments/${environment}`, document), 201)
      const again = answered(await scene().put(`/environments/${environment}`, document), 200)
      assert.deepEqual(again, recorded)
      const parent = answered(await scene().register(refers), 201).checkpoint
      for (const relation of ['derived-from', 'merged-from', 'restored-from'] as const) {
        const step = 2 + ['derived-from', 'merged-from', 'restored-from'].indexOf(relation)
        await scene().save(run, step, { parents: [{ relation, checkpoint: parent }] })
      }
    })

    test('one document that two namespaces register is two checkpoints of one digest', async () => {
      const other = await declareScene(scene().at, 'railway')
      const document = { schemaVersion: 1, sections: {} }
      const environment = digestOf(canonicalize(document))
      answered(await scene().put(`/environments/${environment}`, document), 201)
      answered(await other.put(`/environments/${environment}`, document), 201)
      for (const one of [scene(), other]) {
        assert.deepEqual((await one.get(`/environments/${environment}`)).body, document)
      }
    })
  })

  test(`what was acknowledged is there after a restart on ${dialect}, with the same receipts`, async () => {
    const config = await newConfig(dialect)
    const first = await declareScene(await openTestCatalog(dialect, config), 'airline')
    const { run } = await first.open('fares')
    const manifests = [1, 2, 3].map((step) => sampleManifest(run, step))
    const receipts = []
    for (const manifest of manifests) receipts.push(answered(await first.register(manifest), 201))
    const latest = answered(await first.latest('fares'), 200)
    await first.at.catalog.close()

    const second = sceneIn(await openTestCatalog(dialect, config), 'airline')
    assert.deepEqual(answered(await second.latest('fares'), 200), latest)
    for (const [place, manifest] of manifests.entries()) {
      assert.deepEqual(answered(await second.register(manifest), 200), receipts[place])
    }
    refused(
      await second.register(sampleManifest(run, 3, { shards: otherShards })),
      'REGISTRATION_CONFLICT',
    )
    await second.save(run, 4)
    assert.equal((await second.open('fares')).run.attempt, 2)
    await second.at.close()
  })
}
