import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Digest } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, refused, useScene } from '../register/scene.ts'
import { HOUR_MS, openSweepScene, type SweepScene } from '../retention/sweep-scene.ts'

const DAY_MS = 24 * HOUR_MS

/** What people lived through with other systems' cleaning up and with jobs that save nothing, one test a complaint. */
for (const dialect of dialects) {
  describe(`complaints about storage and silence, on ${dialect}`, () => {
    const scene = useScene(dialect)
    let swept: SweepScene
    before(async () => {
      swept = await openSweepScene(scene())
    })
    const historyOf = async (checkpoint: Digest): Promise<readonly string[]> =>
      itemsOf(await scene().get(`/checkpoints/${checkpoint}/history`)).map(
        ({ entry }: { entry: { kind: string; outcome?: string } }) =>
          [entry.kind, entry.outcome].filter(Boolean).join(' '),
      )
    const sweepOf = async (checkpoint: Digest) =>
      answered(await scene().get(`/checkpoints/${checkpoint}`), 200).sweep
    const withdrawn = async (job: string, contents: readonly string[]): Promise<Digest> => {
      const run = await swept.openJob(job)
      const gone = await swept.save(run, 1, contents)
      await swept.save(run, 2, [`${job} goes on`])
      answered(await scene().tombstone(gone), 201)
      scene().at.advance(HOUR_MS)
      return gone
    }

    test('storage grows without bound: a policy keeps the newest and the best, says why first, and the bytes of the rest go', async () => {
      const anyOf = [
        { keep: 'latest', count: 2 },
        { keep: 'best', count: 1, label: 'loss', order: 'lowest' },
      ]
      const run = await swept.openJob('grows', { retention: { anyOf }, graceSeconds: 3600 })
      const losses = [0.9, 0.1, 0.8, 0.7, 0.6]
      for (const [place, loss] of losses.entries()) {
        await swept.save(run, place + 1, [`grows ${place + 1}`], { labels: { loss: String(loss) } })
      }
      const stepsLeft = () => [1, 2, 3, 4, 5].filter((step) => swept.has(`grows ${step}`))
      const retain = async (dryRun: boolean) =>
        answered(await scene().post('/retention-runs', { dryRun, job: 'grows' }), 201)
      const dry = await retain(true)
      assert.deepEqual([dry.keptCount, dry.droppedCount, dry.tombstonedCount], [3, 2, 0])
      const decided = itemsOf(await scene().get(`/retention-runs/${dry.retentionRun}`))
      assert.deepEqual(
        decided.map((one: { step: number; decision: string }) => `${one.decision} ${one.step}`),
        ['keep 5', 'keep 4', 'drop 3', 'keep 2', 'drop 1'],
      )
      assert.ok(decided.every((one: { reasons: readonly unknown[] }) => one.reasons.length > 0))
      assert.deepEqual(stepsLeft(), [1, 2, 3, 4, 5])
      assert.equal((await retain(false)).tombstonedCount, 2)
      scene().at.advance(HOUR_MS)
      assert.equal((await swept.sweep({ job: 'grows' })).removedCount, 2)
      assert.deepEqual(stepsLeft(), [2, 4, 5])
    })

    test('a delete leaves blobs behind: the intent, each removal and the end are entries, and what is left is named', async () => {
      const gone = await withdrawn('behind', ['behind one', 'behind two'])
      // Somewhere that the catalog may not touch, so that it cannot be removed.
      const run = (await scene().open('behind')).run
      const away = { ...(await swept.put('behind one')), name: 'away', uri: 's3://elsewhere/blob' }
      const half = await scene().save(run, 3, { shards: [{ rank: 0, blobs: [away] }] })
      await swept.save(run, 4, ['behind goes on further'])
      answered(await scene().tombstone(half), 201)
      scene().at.advance(HOUR_MS)
      const report = await swept.sweep({ job: 'behind' })
      assert.deepEqual([report.removedCount, report.leftCount, report.sweptCount], [2, 1, 1])
      assert.deepEqual(
        report.left.map(({ checkpoint, uri, code }) => [checkpoint, uri, code]),
        [[half, 's3://elsewhere/blob', 'BUCKET_NOT_ALLOWED']],
      )
      assert.ok(!swept.has('behind one') && !swept.has('behind two'))
      assert.deepEqual(await historyOf(gone), [
        'checkpoint.registered',
        'checkpoint.tombstoned',
        'sweep.intended',
        'sweep.intended',
        'sweep.recorded removed',
        'sweep.recorded removed',
      ])
      assert.equal((await sweepOf(half))?.ended, undefined, 'what is left is not called gone')
    })

    test('marked deleted before it was, and the collector dies on what is gone: gone is a success, and the end comes last', async () => {
      const gone = await withdrawn('collector', ['collector one', 'collector two'])
      assert.equal(await sweepOf(gone), undefined, 'withdrawn is not deleted')
      await rm(fileURLToPath((await swept.put('collector one')).uri), { force: true })
      const done = await swept.sweep({ job: 'collector' })
      assert.deepEqual([done.absentCount, done.removedCount, done.sweptCount], [1, 1, 1])
      const history = await historyOf(gone)
      assert.deepEqual(
        history.slice(-2).toSorted((left, right) => (left < right ? -1 : 1)),
        ['sweep.recorded absent', 'sweep.recorded removed'],
      )
      assert.ok((await sweepOf(gone)).ended > (await sweepOf(gone)).began)
      // Once more it has nothing to do, and says so.
      const again = await swept.sweep({ job: 'collector' })
      assert.deepEqual([again.checkpointCount, again.leftCount, again.absentCount], [0, 0, 0])
    })

    test('a job "runs" for days without a checkpoint: its run shows none, its window is missing, and there is nothing good', async () => {
      const day = (number: number): string => new Date(Date.UTC(2026, 10, number)).toISOString()
      const window = { from: day(1), to: day(2) }
      const { run } = await scene().open('silent', { partition: 'one', window })
      scene().at.advance(14 * DAY_MS)
      const [shown] = itemsOf(await scene().get('/runs?job=silent'))
      assert.deepEqual(
        [shown.state, shown.lastStep, shown.openedAt],
        ['open', undefined, run.openedAt],
      )
      const range = `from=${window.from}&to=${window.to}`
      const [stretch] = itemsOf(await scene().get(`/jobs/silent/coverage?${range}`))
      assert.deepEqual([stretch.state, stretch.reason], ['missing', 'NO_CHECKPOINT'])
      refused(await scene().latest('silent', '?partition=one'), 'NO_GOOD_CHECKPOINT')
    })
  })
}
