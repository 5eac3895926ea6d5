import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, refused, useScene } from '../register/scene.ts'

for (const dialect of dialects) {
  describe(`timelines on ${dialect}`, () => {
    const scene = useScene(dialect)
    /** Steps on the current line, and those left behind, of a job. */
    const linesOf = async (
      job: string,
      query = '',
    ): Promise<readonly [readonly number[], readonly number[]]> => {
      const items = itemsOf(await scene().get(`/checkpoints?job=${job}${query}`))
      const steps = (abandoned: boolean): readonly number[] =>
        items
          .filter((item: { readonly abandoned: boolean }) => item.abandoned === abandoned)
          .map((item: { readonly step: number }) => item.step)
          .toReversed()
      return [steps(false), steps(true)]
    }

    test('a resume goes on from the latest good state and records from where', async () => {
      const first = (await scene().open('resumed')).run
      await scene().save(first, 10)
      const checkpoint = await scene().save(first, 20)
      const { run, plan, skipped } = await scene().open('resumed')
      assert.deepEqual(run.restoredFrom, { checkpoint, run: first.run, step: 20 })
      assert.equal(plan?.checkpoint, checkpoint)
      assert.deepEqual(skipped, [])
      await scene().save(run, 25)
      assert.deepEqual(await linesOf('resumed'), [[10, 20, 25], []])
    })

    test('the first run of a job starts fresh', async () => {
      const { run, plan, skipped } = await scene().open('first')
      assert.equal(run.restoredFrom, undefined)
      assert.equal(plan, null)
      assert.deepEqual(skipped, [])
    })

    test('what was saved beyond the step of a rewind is left behind', async () => {
      const first = (await scene().open('rewound')).run
      const steps = new Map<number, Digest>()
      for (const step of [10, 20, 30]) steps.set(step, await scene().save(first, step))
      const before = (await scene().size()) - 1
      const { run, plan } = await scene().open('rewound', { resume: steps.get(10) })
      assert.equal(plan?.step, 10)
      assert.deepEqual(await linesOf('rewound'), [[10], [20, 30]])
      await scene().save(run, 15)
      await scene().save(run, 35)
      assert.deepEqual(await linesOf('rewound'), [
        [10, 15, 35],
        [20, 30],
      ])
      assert.deepEqual(await linesOf('rewound', `&asOf=${before}`), [[10, 20, 30], []])
      const left = answered(await scene().get(`/checkpoints/${steps.get(30)}`), 200)
      assert.equal(left.good, false)
      assert.equal(left.why.reason, 'ABANDONED')
    })

    test('a rewind to a state that was left behind brings its line back', async () => {
      const first = (await scene().open('back')).run
      const early = await scene().save(first, 10)
      const late = await scene().save(first, 20)
      const second = (await scene().open('back', { resume: early })).run
      await scene().save(second, 12)
      const { plan } = await scene().open('back', { resume: late })
      assert.equal(plan?.step, 20)
      assert.ok(plan?.warnings.every((warning) => warning.code !== 'ABANDONED'))
      assert.deepEqual(await linesOf('back'), [[10, 20], [12]])
    })

    test('attempts that save nothing leave no mark on the line', async () => {
      const first = (await scene().open('empty')).run
      const checkpoint = await scene().save(first, 10)
      for (let attempt = 2; attempt <= 5; attempt += 1) {
        const { run, plan } = await scene().open('empty')
        assert.equal(run.attempt, attempt)
        assert.equal(plan?.checkpoint, checkpoint)
        assert.equal(run.restoredFrom?.run, first.run)
      }
      assert.deepEqual(await linesOf('empty'), [[10], []])
    })

    test('resume "none" begins a new line on purpose; nothing of the old one is good any more', async () => {
      const first = (await scene().open('anew')).run
      const old = await scene().save(first, 10)
      const { run, plan } = await scene().open('anew', { resume: 'none' })
      assert.equal(plan, null)
      assert.deepEqual(await linesOf('anew'), [[], [10]])
      refused(await scene().latest('anew'), 'NO_GOOD_CHECKPOINT')
      await scene().save(run, 1)
      assert.deepEqual(await linesOf('anew'), [[1], [10]])
      const again = await scene().open('anew', { resume: old })
      assert.equal(again.plan?.checkpoint, old)
    })

    test('a resume on the new line that has nothing yet starts there too, and says what it left', async () => {
      const first = (await scene().open('still-new')).run
      const old = await scene().save(first, 10)
      await scene().open('still-new', { resume: 'none' })
      const { plan, skipped } = await scene().open('still-new')
      assert.equal(plan, null)
      assert.deepEqual(skipped, [
        { checkpoint: old, run: first.run, step: 10, reason: 'ABANDONED' },
      ])
    })

    test('where candidates exist and none is good, a resume is refused and opens nothing', async () => {
      const { run } = await scene().open('no-good')
      const checkpoint = await scene().save(run, 10)
      await scene().evidence(checkpoint, 'verified', 'failed')
      const size = await scene().size()
      const answer = await scene().post('/runs', { job: 'no-good', resume: 'latest' })
      const { skipped } = refused(answer, 'NO_GOOD_CHECKPOINT')
      assert.equal(skipped[0].reason, 'EVIDENCE_FAILED')
      assert.equal(await scene().size(), size)
      // The run that was there is not fenced by a resume that failed.
      await scene().save(run, 11)
      const strict = { job: 'no-good', resume: 'latest', minGrade: 'verified' }
      refused(await scene().post('/runs', strict), 'NO_GOOD_CHECKPOINT')
      assert.equal((await scene().open('no-good')).plan?.step, 11)
    })

    test('a named state is taken or it is an error, never another in its place', async () => {
      const first = (await scene().open('named')).run
      const good = await scene().save(first, 10)
      const bad = await scene().save(first, 20)
      await scene().tombstone(bad)
      const resume = (digest: string, members: object = {}) =>
        scene().post('/runs', { job: 'named', resume: digest, ...members })
      const why = refused(await resume(bad), 'CHECKPOINT_NOT_GOOD')
      assert.equal(why.reason, 'TOMBSTONED')
      refused(await resume(`sha256:${'0'.repeat(64)}`), 'CHECKPOINT_NOT_FOUND')
      refused(await resume(good, { minGrade: 'present' }), 'CHECKPOINT_NOT_GOOD')
      refused(await resume(good, { partition: 'p' }), 'RESUME_MISMATCH')
      refused(await scene().post('/runs', { job: 'other', resume: good }), 'RESUME_MISMATCH')
      assert.equal(answered(await resume(good), 201).run.attempt, 2)
    })

    test('the line goes back through every resume, over many attempts', async () => {
      const expected: number[] = []
      let step = 0
      for (let attempt = 1; attempt <= 12; attempt += 1) {
        const { run, plan } = await scene().open('many')
        assert.equal(plan?.step, attempt === 1 ? undefined : step)
        for (let count = 0; count < 2; count += 1) {
          step += 1
          await scene().save(run, step)
          expected.push(step)
        }
      }
      assert.deepEqual(await linesOf('many'), [expected, []])
    })

    test('steps may begin again after a resume; the newest attempt comes first all the same', async () => {
      const first = (await scene().open('restarted')).run
      await scene().save(first, 100)
      const second = (await scene().open('restarted')).run
      const newest = await scene().save(second, 1)
      const latest = answered(await scene().latest('restarted'), 200)
      assert.equal(latest.checkpoint.checkpoint, newest)
      assert.equal((await scene().open('restarted')).plan?.checkpoint, newest)
    })
  })
}
