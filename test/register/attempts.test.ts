import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialects } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, refused, unproven, useScene } from './scene.ts'

for (const dialect of dialects) {
  describe(`runs and attempts on ${dialect}`, () => {
    const scene = useScene(dialect)
    const get = async (run: string) => answered(await scene().get(`/runs/${run}`), 200)

    test('each run of a job and partition gets the next attempt, and others count apart', async () => {
      const attempt = async (job: string, partition: string): Promise<number> =>
        (await scene().open(job, { partition })).run.attempt
      assert.equal(await attempt('fares', ''), 1)
      assert.equal(await attempt('fares', '2026-11-23'), 1)
      assert.equal(await attempt('fares', ''), 2)
      assert.equal(await attempt('delays', ''), 1)
      assert.equal(await attempt('fares', ''), 3)
      assert.equal(await attempt('fares', '2026-11-23'), 2)
      assert.equal(await attempt('fares', '2026-11-23T10'), 1)
    })

    test('an older attempt is refused from the moment a newer one is open, and told which it is', async () => {
      const old = (await scene().open('fenced')).run
      await scene().save(old, 1)
      const current = (await scene().open('fenced')).run
      const size = await scene().size()
      for (const manifest of [
        sampleManifest(old, 2),
        sampleManifest(old, 1, { tier: 'light' }),
        sampleManifest(old, 0),
      ]) {
        assert.deepEqual(refused(await scene().register(manifest), 'ATTEMPT_FENCED'), {
          currentAttempt: 2,
          currentRun: current.run,
        })
      }
      refused(
        await scene().post(`/runs/${old.run}/close`, { outcome: 'succeeded' }),
        'ATTEMPT_FENCED',
      )
      assert.equal(await scene().size(), size)
      assert.equal((await get(old.run)).state, 'superseded')
      assert.equal((await get(current.run)).state, 'open')
      await scene().save(current, 2)
    })

    test('an older attempt may repeat what was recorded before, and gets the same receipt', async () => {
      const old = (await scene().open('repeats')).run
      const manifest = sampleManifest(old, 1)
      const receipt = answered(await scene().register(manifest), 201)
      await scene().open('repeats')
      assert.deepEqual(answered(await scene().register(manifest), 200), receipt)
    })

    test('an older attempt that closed before it was fenced stays closed, with its outcome', async () => {
      const { run } = await scene().open('closed-first')
      answered(await scene().post(`/runs/${run.run}/close`, { outcome: 'failed' }), 200)
      await scene().open('closed-first')
      assert.equal((await get(run.run)).state, 'closed')
      answered(await scene().post(`/runs/${run.run}/close`, { outcome: 'failed' }), 200)
    })

    test('resumes that come at once get an attempt each, and only the last may write', async () => {
      const first = (await scene().open('crowd')).run
      const checkpoint = await scene().save(first, 5)
      const opened = await Promise.all([1, 2, 3, 4].map(() => scene().open('crowd')))
      const runs = opened
        .map(({ run }) => run)
        .toSorted((left, right) => left.attempt - right.attempt)
      assert.deepEqual(
        runs.map((run) => run.attempt),
        [2, 3, 4, 5],
      )
      for (const { plan } of opened) assert.equal(plan?.checkpoint, checkpoint)
      const last = runs.pop()
      assert.ok(last)
      for (const run of runs) {
        const answer = await scene().register(sampleManifest(run, 6))
        assert.equal(refused(answer, 'ATTEMPT_FENCED').currentAttempt, 5)
      }
      await scene().save(last, 6)
    })

    test('of a write and a newer attempt that come at once, one is first, and both agree on which', async () => {
      for (let round = 0; round < 8; round += 1) {
        const job = `either-${round}`
        const { run } = await scene().open(job)
        const manifest = sampleManifest(run, 1)
        const calls = [
          () => scene().register(manifest),
          () => scene().post('/runs', { job, resume: 'latest' }),
        ] as const
        const [write, opened] =
          round % 2 === 0
            ? await Promise.all([calls[0](), calls[1]()])
            : await Promise.all([calls[1](), calls[0]()]).then(
                ([second, first]) => [first, second] as const,
              )
        const { plan } = answered(opened, 201)
        if (write.status === 201) assert.equal(plan?.step, 1)
        else {
          refused(write, 'ATTEMPT_FENCED')
          assert.equal(plan, null)
        }
      }
    })

    test('a run that is closed takes nothing more; the same outcome again changes nothing', async () => {
      const { run } = await scene().open('closing')
      const checkpoint = await scene().save(run, 1)
      const body = { outcome: 'succeeded', note: 'all flights priced' }
      const closed = answered(await scene().post(`/runs/${run.run}/close`, body), 200)
      assert.equal(closed.state, 'closed')
      assert.equal(closed.note, 'all flights priced')
      assert.equal(closed.lastCheckpoint, checkpoint)
      const size = await scene().size()
      const again = await scene().post(`/runs/${run.run}/close`, { outcome: 'succeeded' })
      assert.deepEqual(answered(again, 200), closed)
      const other = await scene().post(`/runs/${run.run}/close`, { outcome: 'failed' })
      assert.equal(refused(other, 'RUN_CLOSED').outcome, 'succeeded')
      refused(await scene().register(sampleManifest(run, 2)), 'RUN_CLOSED')
      answered(await scene().register(sampleManifest(run, 1)), 200)
      assert.equal(await scene().size(), size)
      assert.deepEqual(await get(run.run), unproven(closed))
    })

    test('a manifest that says another job, partition or attempt than its run is RUN_MISMATCH', async () => {
      const { run } = await scene().open('mismatch', { partition: 'p1' })
      const size = await scene().size()
      const others = [
        { job: 'other' as typeof run.job },
        { partition: 'p2' as typeof run.partition },
        { partition: '' as typeof run.partition },
        { attempt: 2 },
      ]
      for (const members of others) {
        refused(await scene().register(sampleManifest(run, 1, members)), 'RUN_MISMATCH')
      }
      const elsewhere = sampleManifest(run, 1, { namespace: 'railway' as typeof run.namespace })
      refused(await scene().register(elsewhere), 'RUN_MISMATCH')
      assert.equal(await scene().size(), size)
    })

    test('a run may bring its own id, once', async () => {
      const { run } = await scene().open('named', { run: 'nightly.2026-11-23' })
      assert.equal(run.run, 'nightly.2026-11-23')
      const again = { job: 'named', resume: 'none', run: 'nightly.2026-11-23' }
      refused(await scene().post('/runs', again), 'REGISTRATION_CONFLICT')
      refused(await scene().post('/runs', { ...again, job: 'other' }), 'REGISTRATION_CONFLICT')
      assert.equal((await scene().open('named')).run.attempt, 2)
    })

    test('a job that nobody declared is declared by its first run, and only by that', async () => {
      await scene().open('undeclared')
      const job = answered(await scene().get('/jobs/undeclared'), 200)
      assert.deepEqual(job.spec, {})
      await scene().open('undeclared')
      assert.equal(answered(await scene().get('/jobs/undeclared'), 200).index, job.index)
      await scene().put('/jobs/declared', { description: 'by hand' })
      await scene().open('declared')
      const declared = answered(await scene().get('/jobs/declared'), 200)
      assert.deepEqual(declared.spec, { description: 'by hand' })
    })

    test('a run that is refused declares nothing and takes no attempt', async () => {
      const body = { job: 'refused', resume: `sha256:${'0'.repeat(64)}` }
      refused(await scene().post('/runs', body), 'CHECKPOINT_NOT_FOUND')
      refused(await scene().get('/jobs/refused'), 'JOB_NOT_FOUND')
      assert.equal((await scene().open('refused')).run.attempt, 1)
    })
  })
}
