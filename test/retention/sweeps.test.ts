import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Context } from '../../server/context.ts'
import { sweepCheckpoints } from '../../server/retention/sweep-checkpoints.ts'
import type { BlobStore, StoredVersion } from '../../server/store/blob-store.ts'
import { projections } from '../../server/compose.ts'
import { replay } from '../../server/log/replay.ts'
import { allGrants, dialects } from '../harness/catalog.ts'
import { idOf } from '../harness/samples.ts'
import { answered, declareScene, itemsOf, refused, useScene } from '../register/scene.ts'
import { HOUR_MS, isThere, openSweepScene, type SweepScene } from './sweep-scene.ts'

const tester = { id: 'tester', grants: allGrants }

/** A context whose stores do some things another way. */
function withStore(context: Context, members: Partial<BlobStore>): Context {
  const find: Context['blobs']['find'] = (uri, namespace) => {
    const { name, store } = context.blobs.find(uri, namespace)
    return { name, store: { ...store, ...members } }
  }
  return { ...context, blobs: { ...context.blobs, find } }
}

for (const dialect of dialects) {
  describe(`sweeps on ${dialect}`, () => {
    const scene = useScene(dialect)
    let swept: SweepScene
    before(async () => {
      swept = await openSweepScene(scene())
    })
    const get = async (checkpoint: Digest, query = '') =>
      answered(await scene().get(`/checkpoints/${checkpoint}${query}`), 200)
    const historyOf = async (checkpoint: Digest): Promise<readonly string[]> => {
      const items = itemsOf(await scene().get(`/checkpoints/${checkpoint}/history`))
      return items.map(({ entry }: { entry: { kind: string; outcome?: string } }) =>
        [entry.kind, entry.outcome].filter(Boolean).join(' '),
      )
    }
    const sweepWith = (members: Partial<BlobStore>, job: string) =>
      sweepCheckpoints(withStore(scene().at.catalog.context, members), tester, {
        namespace: scene().namespace as NamespaceName,
        body: { dryRun: false, job },
      } as Parameters<typeof sweepCheckpoints>[2])

    test('bytes that a restore is reading stay until it ends', async () => {
      const run = await swept.openJob('read')
      const gone = await swept.save(run, 1, ['being read'])
      await swept.save(run, 2, ['read three'])
      answered(await scene().tombstone(gone), 201)
      scene().at.advance(HOUR_MS)
      const begun = { checkpoint: gone, ownership: 'no-claim' }
      const { restore } = answered(await scene().post('/restores', begun), 201)
      assert.equal((await swept.sweep({ job: 'read' })).removedCount, 0)
      const end = { outcome: 'succeeded', checked: true, bytes: 10, durationMs: 5 }
      answered(await scene().post(`/restores/${restore}/outcome`, end), 200)
      assert.equal((await swept.sweep({ job: 'read' })).removedCount, 1)
      assert.ok(!swept.has('being read'))
    })

    test('after the grace the bytes go, and the record stays', async () => {
      const run = await swept.openJob('cycle')
      const gone = await swept.save(run, 1, ['cycle one', 'cycle two'])
      const kept = await swept.save(run, 2, ['cycle three'])
      const blobs = [await swept.put('cycle one'), await swept.put('cycle two')]
      const whole = await scene().size()
      answered(await scene().tombstone(gone), 201)
      const early = await swept.sweep({ job: 'cycle' })
      assert.deepEqual([early.waitingCount, early.removedCount], [1, 0])
      scene().at.advance(HOUR_MS)
      const dry = await swept.sweep({ job: 'cycle', dryRun: true })
      assert.deepEqual([dry.removedCount, dry.removedBytes, dry.sweptCount], [2, 18, 0])
      assert.ok(blobs.every(isThere))
      const done = await swept.sweep({ job: 'cycle' })
      assert.deepEqual([done.removedCount, done.removedBytes, done.sweptCount], [2, 18, 1])
      assert.ok(!blobs.some(isThere))
      assert.ok(swept.has('cycle three'))
      assert.deepEqual(await historyOf(gone), [
        'checkpoint.registered',
        'checkpoint.tombstoned',
        'sweep.intended',
        'sweep.intended',
        'sweep.recorded removed',
        'sweep.recorded removed',
      ])
      const found = await get(gone)
      assert.ok(found.sweep.began < found.sweep.ended)
      assert.equal((await get(gone, `?asOf=${found.sweep.began - 1}`)).sweep, undefined)
      assert.equal((await scene().get(`/checkpoints/${gone}/manifest`)).status, 200)
      const plan = (members: unknown) => scene().post('/recovery-plans', members)
      refused(await plan({ job: 'cycle', checkpoint: gone }), 'BLOBS_SWEPT')
      const past = { job: 'cycle', checkpoint: gone, asOf: whole - 1 }
      refused(await plan(past), 'BLOBS_SWEPT')
      refused(await scene().post('/runs', { job: 'cycle', resume: gone }), 'BLOBS_SWEPT')
      assert.equal(answered(await scene().latest('cycle'), 200).checkpoint.checkpoint, kept)
      const again = await swept.sweep({ job: 'cycle' })
      assert.deepEqual([again.checkpointCount, again.removedCount], [0, 0])
    })

    test('what a live manifest refers to stays, in whichever namespace', async () => {
      const run = await swept.openJob('shared')
      const gone = await swept.save(run, 1, ['shared here', 'shared there', 'shared alone'])
      await swept.save(run, 2, ['shared here'])
      const other = await declareScene(scene().at, `other-${dialect}`)
      const elsewhere = await openSweepScene(other)
      const theirs = await elsewhere.save(await elsewhere.openJob('theirs'), 1, ['shared there'])
      answered(await scene().tombstone(gone), 201)
      scene().at.advance(HOUR_MS)
      const first = await swept.sweep({ job: 'shared' })
      assert.deepEqual([first.removedCount, first.sharedCount, first.sweptCount], [1, 2, 0])
      for (const content of ['shared here', 'shared there']) {
        assert.ok(swept.has(content))
      }
      answered(await other.tombstone(theirs), 201)
      const graced = await swept.sweep({ job: 'shared' })
      assert.deepEqual([graced.removedCount, graced.sharedCount], [0, 2])
      scene().at.advance(HOUR_MS)
      const second = await swept.sweep({ job: 'shared' })
      assert.deepEqual([second.removedCount, second.sharedCount], [1, 1])
      const last = await elsewhere.sweep()
      assert.deepEqual([last.absentCount, last.sweptCount], [1, 1])
    })

    test('holds keep the bytes of a withdrawn checkpoint and of its chain', async () => {
      const run = await swept.openJob('held', { graceSeconds: 0 })
      const full = await swept.save(run, 1, ['held full'])
      const delta = await swept.save(run, 2, ['held delta'], { base: full })
      await swept.save(run, 3, ['held newest'])
      const path = `/checkpoints/${delta}/holds/case`
      answered(await scene().put(path, { reason: 'Case 7' }), 200)
      for (const checkpoint of [delta, full]) answered(await scene().tombstone(checkpoint), 201)
      const barred = await swept.sweep({ job: 'held' })
      assert.deepEqual([barred.waitingCount, barred.removedCount], [2, 0])
      answered(await scene().at.call('DELETE', scene().path(path)), 200)
      const freed = await swept.sweep({ job: 'held' })
      assert.deepEqual([freed.removedCount, freed.sweptCount], [2, 2])
      refused(await scene().put(path, { reason: 'Too late' }), 'BLOBS_SWEPT')
    })

    test('nothing is swept of a job without such a policy', async () => {
      const { run } = await scene().open('free')
      const gone = await swept.save(run, 1, ['free'])
      answered(await scene().tombstone(gone), 201)
      scene().at.advance(1000 * 24 * HOUR_MS)
      assert.equal((await swept.sweep({ job: 'free' })).waitingCount, 1)
      assert.ok(swept.has('free'))
      assert.equal((await get(gone)).sweep, undefined)
    })

    test('what is gone already is a success', async () => {
      const run = await swept.openJob('absent', { graceSeconds: 0 })
      const gone = await swept.save(run, 1, ['absent one', 'absent two'])
      answered(await scene().tombstone(gone), 201)
      await rm(fileURLToPath((await swept.put('absent one')).uri), { force: true })
      const done = await swept.sweep({ job: 'absent' })
      assert.deepEqual([done.removedCount, done.absentCount, done.sweptCount], [1, 1, 1])
    })

    test('a sweep that ends between intent and removal is gone on with, and bars registrations', async () => {
      const run = await swept.openJob('crash', { graceSeconds: 0 })
      const gone = await swept.save(run, 1, ['crash one', 'crash two'])
      answered(await scene().tombstone(gone), 201)
      const crash = sweepWith(
        {
          remove: () => {
            throw new Error('the process has ended')
          },
        },
        'crash',
      )
      await assert.rejects(crash, /the process has ended/)
      const pointing = await swept.manifestOf(run, 2, ['crash two'])
      const facts = refused(await scene().register(pointing), 'BLOBS_SWEPT')
      assert.equal(facts.isGoing, true)
      assert.ok((await get(gone)).sweep.began > 0)
      const done = await swept.sweep({ job: 'crash' })
      assert.deepEqual([done.removedCount, done.sweptCount], [2, 1])
      assert.deepEqual(
        (await historyOf(gone)).filter((kind) => kind === 'sweep.intended').length,
        2,
      )
    })

    test('a store that fails ends nothing, and an intent is ended when it can be', async () => {
      const run = await swept.openJob('away', { graceSeconds: 0 })
      const gone = await swept.save(run, 1, ['away one', 'away two'])
      answered(await scene().tombstone(gone), 201)
      const away = () => {
        throw new CatalogError('STORE_UNAVAILABLE', 'The store is away.')
      }
      const unseen = await sweepWith({ stat: away }, 'away')
      assert.deepEqual([unseen.leftCount, unseen.left[0]?.code], [2, 'STORE_UNAVAILABLE'])
      assert.equal((await get(gone)).sweep, undefined)
      const failing = await sweepWith({ remove: away }, 'away')
      assert.equal(failing.leftCount, 2)
      const done = await swept.sweep({ job: 'away' })
      assert.deepEqual([done.removedCount, done.sweptCount], [2, 1])
    })

    test('a locked object stays, found before or while it is removed', async () => {
      const run = await swept.openJob('locked', { graceSeconds: 0 })
      const gone = await swept.save(run, 1, ['locked'])
      answered(await scene().tombstone(gone), 201)
      const version: StoredVersion = {
        sizeBytes: 6,
        isArchived: false,
        legalHold: false,
        lock: { mode: 'COMPLIANCE', retainUntil: '2999-01-01T00:00:00Z' },
      }
      const looked = await sweepWith({ stat: async () => version }, 'locked')
      assert.deepEqual([looked.leftCount, looked.left[0]?.code], [1, 'BLOB_LOCKED'])
      assert.equal((await get(gone)).sweep, undefined)
      const refusing = () => {
        throw new CatalogError('BLOB_LOCKED', 'A legal hold keeps it.')
      }
      const tried = await sweepWith({ remove: refusing }, 'locked')
      assert.deepEqual([tried.leftCount, tried.left[0]?.code], [1, 'BLOB_LOCKED'])
      assert.equal((await historyOf(gone)).at(-1), 'sweep.recorded locked')
      assert.ok(swept.has('locked'))
      assert.equal((await swept.sweep({ job: 'locked' })).sweptCount, 1)
    })

    test('a place that the configuration does not name is never touched', async () => {
      const run = await swept.openJob('foreign', { graceSeconds: 0 })
      const gone = await scene().save(run, 1)
      answered(await scene().tombstone(gone), 201)
      const report = await swept.sweep({ job: 'foreign' })
      assert.deepEqual([report.leftCount, report.left[0]?.code], [1, 'BUCKET_NOT_ALLOWED'])
    })

    test('bytes that were swept may be put again, and registered then', async () => {
      const run = await swept.openJob('again', { graceSeconds: 0 })
      const gone = await swept.save(run, 1, ['again'])
      const pointing = await swept.manifestOf(run, 2, ['again'])
      answered(await scene().tombstone(gone), 201)
      assert.equal((await swept.sweep({ job: 'again' })).removedCount, 1)
      const facts = refused(await scene().register(pointing), 'BLOBS_SWEPT')
      assert.equal(facts.isGoing, false)
      await swept.put('again')
      answered(await scene().register(pointing), 201)
      assert.equal((await swept.sweep({ job: 'again' })).removedCount, 0)
      assert.ok(swept.has('again'))
    })

    test('what comes to be needed after a sweep has looked for uses stays', async () => {
      const other = await declareScene(scene().at, `late-${dialect}`)
      const elsewhere = await openSweepScene(other)
      const theirRun = await elsewhere.openJob('theirs')
      const run = await swept.openJob('late', { graceSeconds: 0 })
      const contents = ['late own', 'late theirs', 'late held', 'late nobody']
      const gone = await swept.save(run, 1, contents.slice(0, 2))
      const held = await swept.save(run, 2, contents.slice(2))
      const sharing = await swept.save(run, 3, contents.slice(2))
      for (const one of [gone, held, sharing]) answered(await scene().tombstone(one), 201)
      const own = await swept.manifestOf(run, 4, ['late own'])
      const theirs = await elsewhere.manifestOf(theirRun, 1, ['late theirs'])
      let needing: Promise<void> | undefined
      const come = async (): Promise<void> => {
        answered(await scene().register(own), 201)
        answered(await other.register(theirs), 201)
        const path = `/checkpoints/${held}/holds/case`
        answered(await scene().put(path, { reason: 'Late' }), 200)
      }
      const report = await sweepWith(
        {
          stat: async (object, signal) => {
            await (needing ??= come())
            const { blobs } = scene().at.catalog.context
            return blobs.find(object.uri, scene().namespace).store.stat(object, signal)
          },
        },
        'late',
      )
      assert.deepEqual([report.removedCount, report.sharedCount], [0, 6])
      assert.ok(contents.every(swept.has))
      answered(await scene().tombstone(idOf(own)), 201)
      const rest = await swept.sweep({ job: 'late' })
      assert.deepEqual([rest.removedCount, rest.sharedCount, rest.waitingCount], [1, 3, 1])
    })

    test('of a sweep and a registration that refers to the object, one is first', async () => {
      for (let round = 0; round < 6; round += 1) {
        const job = `race-${round}`
        const content = `race ${round}`
        const run = await swept.openJob(job, { graceSeconds: 0 })
        const gone = await swept.save(run, 1, [content])
        const blob = await swept.put(content)
        const pointing = await swept.manifestOf(run, 2, [content])
        answered(await scene().tombstone(gone), 201)
        const calls = [() => swept.sweep({ job }), () => scene().register(pointing)] as const
        const isFirst = round % 2 === 0
        const sweeping = isFirst ? calls[0]() : undefined
        const registering = calls[1]()
        const report = await (sweeping ?? calls[0]())
        const registered = await registering
        if (registered.status === 201) {
          assert.equal(report.removedCount, 0)
          assert.ok(isThere(blob))
        } else {
          refused(registered, 'BLOBS_SWEPT')
          assert.equal(report.removedCount, 1)
        }
      }
    })

    test('sweeps at once remove each object once', async () => {
      const run = await swept.openJob('crowd', { graceSeconds: 0 })
      for (let step = 1; step <= 5; step += 1) {
        const contents = [`crowd ${step}`, 'crowd shared']
        answered(await scene().tombstone(await swept.save(run, step, contents)), 201)
      }
      const reports = await Promise.all([1, 2, 3].map(() => swept.sweep({ job: 'crowd' })))
      const removed = reports.reduce((sum, report) => sum + report.removedCount, 0)
      assert.equal(removed, 6)
      const last = await swept.sweep({ job: 'crowd' })
      assert.equal(last.checkpointCount, 0)
    })

    test('a checkpoint of more objects than a slice is swept slice by slice', async () => {
      const run = await swept.openJob('large', { graceSeconds: 0 })
      const contents = Array.from({ length: 620 }, (_, place) => `large ${place}`)
      const gone = await swept.save(run, 1, contents)
      answered(await scene().tombstone(gone), 201)
      const slice = answered(await scene().post('/sweeps', { dryRun: true, job: 'large' }), 200)
      assert.equal(slice.removedCount, 500)
      const dry = await swept.sweep({ job: 'large', dryRun: true })
      assert.equal(dry.removedCount, 620)
      const done = await swept.sweep({ job: 'large' })
      assert.deepEqual([done.removedCount, done.sweptCount], [620, 1])
      refused(await scene().post('/sweeps', { dryRun: true, after: 'bm9uZQ' }), 'INVALID_CURSOR')
    })

    test('rows of sweeps are a replay of the log', async () => {
      const report = await replay(scene().at.catalog.database, projections)
      for (const { table, addedCount, removedCount } of report) {
        assert.deepEqual([table, addedCount, removedCount], [table, 0, 0])
      }
    })
  })
}
