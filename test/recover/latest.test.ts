import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { dialects, type Called } from '../harness/catalog.ts'
import { answered, refused, useScene } from '../register/scene.ts'

type Skip = readonly [number, string]

const skips = (skipped: readonly { readonly step: number; readonly reason: string }[]): Skip[] =>
  skipped.map((one): Skip => [one.step, one.reason]).toSorted(([left], [right]) => left - right)

for (const dialect of dialects) {
  describe(`the latest good checkpoint on ${dialect}`, () => {
    const scene = useScene(dialect)
    /** The step that is answered, and the steps passed over with their reasons. */
    const latest = async (job: string, query = ''): Promise<readonly [number, Skip[]]> => {
      const body = answered(await scene().latest(job, query), 200)
      return [body.checkpoint.step, skips(body.skipped)]
    }
    const nothing = async (answer: Promise<Called>): Promise<Skip[]> =>
      skips(refused(await answer, 'NO_GOOD_CHECKPOINT').skipped)

    test('a job without a checkpoint has none, and an unknown job is another error', async () => {
      refused(await scene().latest('nobody'), 'JOB_NOT_FOUND')
      await scene().put('/jobs/declared', {})
      assert.deepEqual(await nothing(scene().latest('declared')), [])
      await scene().open('declared')
      assert.deepEqual(await nothing(scene().latest('declared')), [])
      assert.deepEqual(await nothing(scene().latest('declared', '?partition=elsewhere')), [])
    })

    test('the newest step is the latest, of two tiers of a step the durable one', async () => {
      const { run } = await scene().open('newest')
      await scene().save(run, 1)
      const durable = await scene().save(run, 2)
      await scene().save(run, 2, { tier: 'light' })
      const body = answered(await scene().latest('newest'), 200)
      assert.equal(body.checkpoint.checkpoint, durable)
      assert.deepEqual(body.skipped, [])
      await scene().save(run, 3, { tier: 'light' })
      assert.deepEqual(await latest('newest'), [3, []])
    })

    test('each partition has a latest of its own', async () => {
      for (const [partition, step] of [
        ['', 1],
        ['2026-11-23', 2],
        ['2026-11-24', 3],
      ] as const) {
        await scene().save((await scene().open('sliced', { partition })).run, step)
        assert.deepEqual(await latest('sliced', `?partition=${partition}`), [step, []])
      }
      assert.deepEqual(await latest('sliced'), [1, []])
    })

    test('everything that is passed over is listed with its reason', async () => {
      const document = { schemaVersion: 1, sections: {} }
      const environment = digestOf(canonicalize(document))
      await scene().put(`/environments/${environment}`, document)
      const { run } = await scene().open('reasons')
      await scene().evidence(await scene().save(run, 1, { environment }), 'verified')
      await scene().evidence(await scene().save(run, 2), 'verified')
      const full = await scene().save(run, 3, { environment })
      await scene().save(run, 4, { base: full, environment })
      await scene().evidence(full, 'present', 'failed')
      await scene().tombstone(await scene().save(run, 5, { environment }))
      await scene().save(run, 6, { environment })
      assert.deepEqual(await latest('reasons', `?environment=${environment}&minGrade=present`), [
        1,
        [
          [2, 'ENVIRONMENT_DIFFERS'],
          [3, 'EVIDENCE_FAILED'],
          [4, 'GRADE_TOO_LOW'],
          [5, 'TOMBSTONED'],
          [6, 'GRADE_TOO_LOW'],
        ],
      ])
      await scene().save(run, 7)
      assert.deepEqual(await latest('reasons'), [7, []])
    })

    test('a chain that is broken below is named with the checkpoint at fault', async () => {
      const { run } = await scene().open('chain')
      await scene().save(run, 1)
      const full = await scene().save(run, 2)
      const delta = await scene().save(run, 3, { base: full })
      await scene().save(run, 4, { base: delta })
      await scene().evidence(full, 'verified', 'failed')
      const body = answered(await scene().latest('chain'), 200)
      assert.equal(body.checkpoint.step, 1)
      assert.deepEqual(skips(body.skipped), [
        [2, 'EVIDENCE_FAILED'],
        [3, 'CHAIN_BROKEN'],
        [4, 'CHAIN_BROKEN'],
      ])
      for (const one of body.skipped) if (one.step > 2) assert.equal(one.because, full)
    })

    test('a grade is asked for, from the weakest to the strongest', async () => {
      const { run } = await scene().open('grades')
      for (const [step, finding] of [
        [1, 'restored'],
        [2, 'verified'],
        [3, 'present'],
      ] as const) {
        await scene().evidence(await scene().save(run, step), finding)
      }
      await scene().save(run, 4)
      const low = (step: number): Skip => [step, 'GRADE_TOO_LOW']
      assert.deepEqual(await latest('grades'), [4, []])
      assert.deepEqual(await latest('grades', '?minGrade=committed'), [4, []])
      assert.deepEqual(await latest('grades', '?minGrade=present'), [3, [low(4)]])
      assert.deepEqual(await latest('grades', '?minGrade=verified'), [2, [low(3), low(4)]])
      assert.deepEqual(await latest('grades', '?minGrade=restored'), [1, [low(2), low(3), low(4)]])
    })

    test('where nothing is good it is an error that lists everything, never an older line', async () => {
      const { run } = await scene().open('bad')
      for (const step of [1, 2]) await scene().tombstone(await scene().save(run, step))
      const all = [
        [1, 'TOMBSTONED'],
        [2, 'TOMBSTONED'],
      ]
      assert.deepEqual(await nothing(scene().latest('bad')), all)
      assert.deepEqual(await nothing(scene().post('/recovery-plans', { job: 'bad' })), all)
      const resumed = scene().post('/runs', { job: 'bad', resume: 'latest' })
      assert.deepEqual(await nothing(resumed), all)
      assert.equal(answered(await scene().get('/runs?job=bad'), 200).items.length, 1)
    })

    test('what was left behind is not taken, but named', async () => {
      const first = (await scene().open('behind')).run
      const early = await scene().save(first, 10)
      await scene().save(first, 20)
      await scene().save(first, 30)
      const second = (await scene().open('behind', { resume: early })).run
      const left: Skip[] = [
        [20, 'ABANDONED'],
        [30, 'ABANDONED'],
      ]
      assert.deepEqual(await latest('behind'), [10, left])
      await scene().save(second, 15)
      // Registered after what was left behind: nothing newer was passed over.
      assert.deepEqual(await latest('behind'), [15, []])
    })

    test('other lines are taken only when asked for, and only if the current one has nothing', async () => {
      const first = (await scene().open('others')).run
      await scene().save(first, 10)
      const left = await scene().save(first, 20)
      const second = (await scene().open('others', { resume: 'none' })).run
      assert.deepEqual(await nothing(scene().latest('others')), [
        [10, 'ABANDONED'],
        [20, 'ABANDONED'],
      ])
      assert.deepEqual(await latest('others', '?includeAbandoned=true'), [20, []])
      const body = answered(await scene().latest('others', '?includeAbandoned=true'), 200)
      assert.equal(body.checkpoint.abandoned, true)
      const bad = await scene().save(second, 1)
      assert.deepEqual(await latest('others', '?includeAbandoned=true'), [1, []])
      await scene().tombstone(bad)
      await scene().tombstone(left)
      assert.deepEqual(await latest('others', '?includeAbandoned=true'), [
        10,
        [
          [1, 'TOMBSTONED'],
          [20, 'TOMBSTONED'],
        ],
      ])
    })

    test('the light tier that comes after its durable twin is on the line, and no reason to worry', async () => {
      const first = (await scene().open('twins')).run
      await scene().save(first, 1)
      const second = (await scene().open('twins')).run
      await scene().save(second, 5)
      await scene().save(second, 5, { tier: 'light' })
      assert.deepEqual(await latest('twins'), [5, []])
    })

    test('many that are passed over are all counted', async () => {
      const { run } = await scene().open('many')
      const good = await scene().save(run, 0)
      for (let step = 1; step <= 130; step += 1) {
        await scene().evidence(await scene().save(run, step), 'present', 'failed')
      }
      const body = answered(await scene().latest('many'), 200)
      assert.equal(body.checkpoint.checkpoint, good)
      assert.equal(body.skipped.length, 130)
      assert.equal(new Set(skips(body.skipped).map(([step]) => step)).size, 130)
    })
  })
}
