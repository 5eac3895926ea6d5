import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import type { Run } from '../../schema/run.ts'
import { replay } from '../../server/log/replay.ts'
import { projections } from '../../server/compose.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, refused, useScene } from '../register/scene.ts'

for (const dialect of dialects) {
  describe(`retention runs on ${dialect}`, () => {
    const scene = useScene(dialect)
    const declare = async (job: string, anyOf: readonly unknown[]): Promise<Run> => {
      answered(await scene().put(`/policies/${job}`, { retention: { anyOf } }), 200)
      answered(await scene().put(`/jobs/${job}`, { policy: job }), 200)
      return (await scene().open(job)).run
    }
    const retain = async (members: Readonly<Record<string, unknown>> = {}) =>
      answered(await scene().post('/retention-runs', { dryRun: false, ...members }), 201)
    const decisions = async (retentionRun: string, query = '') =>
      itemsOf(await scene().get(`/retention-runs/${retentionRun}${query}`))
    const isTombstoned = async (checkpoint: Digest): Promise<boolean> =>
      answered(await scene().get(`/checkpoints/${checkpoint}`), 200).tombstoned
    const saveSteps = async (run: Run, count: number): Promise<readonly Digest[]> => {
      const saved: Digest[] = []
      for (let step = 1; step <= count; step += 1) saved.push(await scene().save(run, step))
      return saved
    }

    test('a dry run explains every keep and every drop, and withdraws nothing', async () => {
      const run = await declare('dry', [{ keep: 'latest', count: 2 }])
      const [one, two, three] = await saveSteps(run, 3)
      const size = await scene().size()
      const found = await retain({ dryRun: true, job: 'dry' })
      assert.equal(await scene().size(), size + 1)
      assert.deepEqual(
        [found.dryRun, found.keptCount, found.droppedCount, found.tombstonedCount],
        [true, 2, 1, 0],
      )
      const items = await decisions(found.retentionRun)
      assert.deepEqual(
        items.map((item: { checkpoint: Digest; decision: string; reasons: unknown }) => [
          item.checkpoint,
          item.decision,
          item.reasons,
        ]),
        [
          [three, 'keep', [{ code: 'LAST_GOOD' }, { code: 'LATEST' }]],
          [two, 'keep', [{ code: 'LATEST' }]],
          [one, 'drop', [{ code: 'NOT_SELECTED' }]],
        ],
      )
      assert.equal(found.droppedBytes, items[2].bytes)
      assert.ok(items[2].bytes > 0)
      assert.equal(await isTombstoned(one as Digest), false)
    })

    test('a run withdraws what it drops, and what it decided can be asked for ever after', async () => {
      const run = await declare('real', [{ keep: 'every-steps', steps: 4 }])
      const saved = await saveSteps(run, 9)
      const found = await retain({ job: 'real' })
      assert.deepEqual([found.tombstonedCount, found.leftCount], [5, 0])
      const gone = await Promise.all(saved.map(isTombstoned))
      // The first below 4, 4, 8, and the last good one.
      assert.deepEqual(
        gone.flatMap((isGone, place) => (isGone ? [] : [place + 1])),
        [1, 4, 8, 9],
      )
      const { tombstone } = answered(await scene().get(`/checkpoints/${saved[1]}`), 200)
      assert.equal(tombstone.reason, 'policy')
      assert.ok(tombstone.note.includes(found.retentionRun))
      const dropped = await decisions(found.retentionRun, '?decision=drop')
      assert.equal(dropped.length, 5)
      assert.ok(dropped.every((item: { tombstoned: boolean }) => item.tombstoned))
      const again = await retain({ job: 'real' })
      assert.deepEqual([again.keptCount, again.droppedCount], [4, 0])
      const page = answered(await scene().get(`/retention-runs/${found.retentionRun}?limit=4`), 200)
      const rest = await decisions(found.retentionRun, `?limit=100&cursor=${page.next}`)
      assert.deepEqual(
        [...page.items, ...rest].map((item: { step: number }) => item.step),
        [9, 8, 7, 6, 5, 4, 3, 2, 1],
      )
      const runs = itemsOf(await scene().get('/retention-runs?job=real'))
      assert.deepEqual(
        runs.map((item: { retentionRun: string }) => item.retentionRun),
        [again.retentionRun, found.retentionRun],
      )
    })

    test('holds, chains and jobs without a policy are left alone', async () => {
      const run = await declare('kept', [{ keep: 'latest', count: 1 }])
      const full = await scene().save(run, 1)
      const delta = await scene().save(run, 2, { base: full })
      const other = await scene().save(run, 3)
      await scene().save(run, 4)
      answered(await scene().put(`/checkpoints/${delta}/holds/case`, { reason: 'r' }), 200)
      const free = (await scene().open('free')).run
      const [unruled] = await saveSteps(free, 2)
      const found = await retain({ job: 'kept' })
      assert.equal(found.tombstonedCount, 1)
      assert.equal(await isTombstoned(other), true)
      const items = await decisions(found.retentionRun)
      const reasons = new Map(
        items.map((item: { checkpoint: Digest; reasons: unknown }) => [
          item.checkpoint,
          item.reasons,
        ]),
      )
      assert.deepEqual(reasons.get(delta), [{ code: 'HELD' }])
      assert.deepEqual(reasons.get(full), [{ code: 'NEEDED', because: delta }])
      const all = await retain({ job: 'free' })
      assert.equal(all.droppedCount, 0)
      assert.deepEqual((await decisions(all.retentionRun))[1]?.reasons, [{ code: 'NO_RULES' }])
      assert.equal(await isTombstoned(unruled as Digest), false)
    })

    test('a policy is tried on a job, or chooses its jobs', async () => {
      const run = (await scene().open('tried')).run
      await saveSteps(run, 3)
      answered(
        await scene().put('/policies/strict', {
          retention: { anyOf: [{ keep: 'latest', count: 1 }] },
        }),
        200,
      )
      const tried = await retain({ dryRun: true, job: 'tried', policy: 'strict' })
      assert.equal(tried.droppedCount, 2)
      const chosen = await retain({ dryRun: true, policy: 'strict' })
      assert.deepEqual([chosen.keptCount, chosen.droppedCount], [0, 0])
      refused(
        await scene().post('/retention-runs', { dryRun: true, policy: 'nobody' }),
        'POLICY_NOT_FOUND',
      )
      refused(await scene().get('/retention-runs/nobody'), 'RETENTION_RUN_NOT_FOUND')
    })

    test('of several partitions each keeps its own, and pages go through all of them', async () => {
      answered(
        await scene().put('/policies/days', {
          retention: { anyOf: [{ keep: 'latest', count: 1 }] },
        }),
        200,
      )
      answered(await scene().put('/jobs/days', { policy: 'days' }), 200)
      for (const partition of ['2026-11-21', '2026-11-22', '2026-11-23']) {
        await saveSteps((await scene().open('days', { partition })).run, 2)
      }
      const one = await retain({ dryRun: true, job: 'days', partition: '2026-11-22' })
      assert.deepEqual([one.keptCount, one.droppedCount], [1, 1])
      const found = await retain({ job: 'days' })
      assert.deepEqual([found.keptCount, found.tombstonedCount], [3, 3])
      const seen: string[] = []
      let cursor = ''
      for (let page = 0; page < 7; page += 1) {
        const body = answered(
          await scene().get(`/retention-runs/${found.retentionRun}?limit=1${cursor}`),
          200,
        )
        seen.push(...body.items.map((item: any) => `${item.partition}/${item.step}`)) // oxlint-disable-line typescript/no-explicit-any
        if (body.next === null) break
        cursor = `&cursor=${body.next}`
      }
      assert.deepEqual(seen, [
        '2026-11-21/2',
        '2026-11-21/1',
        '2026-11-22/2',
        '2026-11-22/1',
        '2026-11-23/2',
        '2026-11-23/1',
      ])
    })

    test('two runs at once do no harm', async () => {
      const run = await declare('twice', [{ keep: 'latest', count: 2 }])
      await saveSteps(run, 8)
      const found = await Promise.all([1, 2, 3].map(() => retain({ job: 'twice' })))
      const total = found.reduce((sum, { tombstonedCount }) => sum + tombstonedCount, 0)
      assert.equal(total, 6)
      assert.equal(answered(await scene().latest('twice'), 200).checkpoint.step, 8)
    })

    test('a run whose answer was lost is repeated under its key, and is the same run', async () => {
      const run = await declare('repeated', [{ keep: 'latest', count: 1 }])
      await saveSteps(run, 3)
      const body = { dryRun: false, job: 'repeated' }
      const headers = { 'idempotency-key': 'retention-1' }
      const first = answered(await scene().post('/retention-runs', body, headers), 201)
      const again = answered(await scene().post('/retention-runs', body, headers), 201)
      assert.equal(again.retentionRun, first.retentionRun)
      assert.equal(first.tombstonedCount, 2)
    })

    test('rows of runs are a replay of the log', async () => {
      const report = await replay(scene().at.catalog.database, projections)
      for (const { table, addedCount, removedCount } of report) {
        assert.deepEqual([table, addedCount, removedCount], [table, 0, 0])
      }
    })
  })
}
