import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialects } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, unproven, useScene } from '../register/scene.ts'

for (const dialect of dialects) {
  describe(`tombstones on ${dialect}`, () => {
    const scene = useScene(dialect)
    const get = async (checkpoint: string) =>
      answered(await scene().get(`/checkpoints/${checkpoint}`), 200)

    test('a withdrawn checkpoint is kept, shown with its tombstone, and never good again', async () => {
      const { run } = await scene().open('withdrawn')
      const [old, checkpoint] = [await scene().save(run, 1), await scene().save(run, 2)]
      const members = { reason: 'wrong-input', note: 'Stale fares', successor: old }
      const tombstone = answered(await scene().tombstone(checkpoint, members), 201)
      assert.deepEqual(
        { ...unproven(tombstone), at: undefined },
        {
          checkpoint,
          ...members,
          actor: 'tester',
          index: (await scene().size()) - 1,
          at: undefined,
        },
      )
      await scene().evidence(checkpoint, 'restored')
      const found = await get(checkpoint)
      assert.equal(found.good, false)
      assert.equal(found.tombstoned, true)
      assert.equal(found.why.reason, 'TOMBSTONED')
      assert.deepEqual(found.tombstone, unproven(tombstone))
      assert.equal((await scene().get(`/checkpoints/${checkpoint}/manifest`)).status, 200)
      assert.equal(answered(await scene().latest('withdrawn'), 200).checkpoint.checkpoint, old)
      // The step stays taken: a checkpoint never changes.
      const again = sampleManifest(run, 2, { labels: { second: 'try' } })
      refused(await scene().register(again), 'REGISTRATION_CONFLICT')
    })

    test('the same tombstone again is the first one; another is refused', async () => {
      const { run } = await scene().open('again')
      const [one, other] = [await scene().save(run, 1), await scene().save(run, 2)]
      const first = answered(await scene().tombstone(one, { reason: 'corrupt' }), 201)
      const size = await scene().size()
      assert.deepEqual(answered(await scene().tombstone(one, { note: 'Again' }), 200), first)
      for (const members of [{ reason: 'policy' }, { successor: other }]) {
        const facts = refused(await scene().tombstone(one, members), 'ALREADY_TOMBSTONED')
        assert.deepEqual(facts.tombstone, unproven(first))
      }
      assert.equal(await scene().size(), size)
    })

    test('the same tombstone from many at once is one entry', async () => {
      const { run } = await scene().open('crowd')
      const checkpoint = await scene().save(run, 1)
      const size = await scene().size()
      const answers = await Promise.all([1, 2, 3, 4].map(() => scene().tombstone(checkpoint)))
      const statuses = answers.map((answer) => answer.status).toSorted((one, two) => one - two)
      assert.deepEqual(statuses, [200, 200, 200, 201])
      assert.equal(await scene().size(), size + 1)
    })

    test('what a live delta needs is not withdrawn; from the top down it is', async () => {
      const { run } = await scene().open('chain')
      const full = await scene().save(run, 1)
      const delta = await scene().save(run, 2, { base: full })
      const top = await scene().save(run, 3, { base: delta })
      const side = await scene().save(run, 4, { base: full })
      const facts = refused(await scene().tombstone(full), 'CHAIN_IN_USE')
      assert.deepEqual(facts.dependents, [delta, side])
      assert.deepEqual(refused(await scene().tombstone(delta), 'CHAIN_IN_USE').dependents, [top])
      assert.equal((await get(top)).good, true)
      for (const checkpoint of [top, delta, side, full]) {
        answered(await scene().tombstone(checkpoint), 201)
      }
      refused(await scene().latest('chain'), 'NO_GOOD_CHECKPOINT')
    })

    test('a delta that fails, or was left behind, still needs its base', async () => {
      const { run } = await scene().open('needed')
      const full = await scene().save(run, 1)
      const delta = await scene().save(run, 2, { base: full })
      await scene().evidence(delta, 'verified', 'failed')
      refused(await scene().tombstone(full), 'CHAIN_IN_USE')
      await scene().open('needed', { resume: full })
      refused(await scene().tombstone(full), 'CHAIN_IN_USE')
      answered(await scene().tombstone(delta), 201)
      answered(await scene().tombstone(full), 201)
    })

    test('of a delta and the tombstone of its base that come at once, one is first', async () => {
      for (let round = 0; round < 6; round += 1) {
        const { run } = await scene().open(`either-${round}`)
        const base = await scene().save(run, 1)
        const register = () => scene().register(sampleManifest(run, 2, { base }))
        const withdraw = () => scene().tombstone(base)
        const isFirst = round % 2 === 0
        const calls = isFirst ? [register(), withdraw()] : [withdraw(), register()]
        const answers = await Promise.all(calls)
        const [delta, tombstone] = isFirst ? answers : answers.toReversed()
        assert.ok(delta && tombstone)
        if (delta.status === 201) refused(tombstone, 'CHAIN_IN_USE')
        else {
          refused(delta, 'BASE_NOT_GOOD')
          answered(tombstone, 201)
        }
      }
    })

    test('successors exist, in this namespace, and never lead back', async () => {
      const { run } = await scene().open('successors')
      const all = []
      for (let step = 1; step <= 4; step += 1) all.push(await scene().save(run, step))
      const [one, two, three, four] = all
      assert.ok(one && two && three && four)
      refused(await scene().tombstone(one, { successor: one }), 'LINEAGE_CYCLE')
      const unknown = `sha256:${'0'.repeat(64)}`
      refused(await scene().tombstone(one, { successor: unknown }), 'CHECKPOINT_NOT_FOUND')
      const other = await declareScene(scene().at, 'railway')
      const elsewhere = await other.save((await other.open('successors')).run, 1)
      refused(await scene().tombstone(one, { successor: elsewhere }), 'CHECKPOINT_NOT_FOUND')
      answered(await scene().tombstone(one, { successor: two }), 201)
      answered(await scene().tombstone(two, { successor: three }), 201)
      const facts = refused(await scene().tombstone(three, { successor: one }), 'LINEAGE_CYCLE')
      assert.deepEqual(facts.path, [one, two, three])
      answered(await scene().tombstone(three, { successor: four }), 201)
      refused(await scene().tombstone(four, { successor: one }), 'LINEAGE_CYCLE')
    })

    test('tombstones that would close a circle at once do not both succeed', async () => {
      const { run } = await scene().open('circle')
      const [one, two] = [await scene().save(run, 1), await scene().save(run, 2)]
      const answers = await Promise.all([
        scene().tombstone(one, { successor: two }),
        scene().tombstone(two, { successor: one }),
      ])
      const codes = answers.map((answer) => answer.body.code ?? answer.status)
      assert.deepEqual(codes, [201, 'LINEAGE_CYCLE'])
    })

    test('a past moment does not know of a later tombstone', async () => {
      const { run } = await scene().open('past')
      const checkpoint = await scene().save(run, 1)
      const before = (await scene().size()) - 1
      await scene().tombstone(checkpoint)
      const then = answered(await scene().get(`/checkpoints/${checkpoint}?asOf=${before}`), 200)
      assert.equal(then.good, true)
      assert.equal(then.tombstone, undefined)
      assert.equal(
        answered(await scene().latest('past', `?asOf=${before}`), 200).checkpoint.checkpoint,
        checkpoint,
      )
    })
  })
}
