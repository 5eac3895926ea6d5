import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, declareScene, itemsOf, refused, useScene } from '../register/scene.ts'

const day = (number: number): string => `2026-11-${String(number).padStart(2, '0')}T00:00:00.000Z`
const days = (from: number, to: number) => ({ from: day(from), to: day(to) })

for (const dialect of dialects) {
  describe(`windows on ${dialect}`, () => {
    const scene = useScene(dialect)
    /** Opens a run of a window of days. */
    const openDays = (job: string, from: number, to: number, members: object = {}) =>
      scene().open(job, { partition: `${from}-${to}`, window: days(from, to), ...members })
    const coverage = async (job: string, from: number, to: number, query = '') => {
      const range = `from=${day(from)}&to=${day(to)}`
      return itemsOf(await scene().get(`/jobs/${job}/coverage?${range}${query}`))
    }
    const short = (stretch: {
      readonly state: string
      readonly from: string
      readonly to: string
    }) => `${stretch.state} ${stretch.from.slice(8, 10)}-${stretch.to.slice(8, 10)}`

    test('coverage says what is good, missing and overlapping, each cut to the range', async () => {
      const first = (await openDays('covered', 1, 4)).run
      const saved = await scene().save(first, 7)
      await openDays('covered', 6, 8)
      const late = (await openDays('covered', 7, 10)).run
      await scene().evidence(await scene().save(late, 1), 'verified', 'failed')
      const found = await coverage('covered', 2, 12)
      assert.deepEqual(found.map(short), [
        'good 02-04',
        'missing 04-06',
        'missing 06-08',
        'overlapping 07-08',
        'missing 07-10',
        'missing 10-12',
      ])
      const [good, gap, empty, overlap, bad] = found
      assert.equal(good.checkpoint, saved)
      assert.equal(good.partition, '1-4')
      assert.equal(good.complete, false)
      assert.equal(gap.reason, 'NO_WINDOW')
      assert.equal(empty.reason, 'NO_CHECKPOINT')
      assert.deepEqual(overlap.partitions, ['6-8', '7-10'])
      assert.equal(bad.reason, 'NO_GOOD_CHECKPOINT')
    })

    test('windows that meet leave no gap and do not overlap, because their ends are open', async () => {
      for (const from of [1, 2, 3]) {
        const { run } = await openDays('met', from, from + 1)
        await scene().save(run, from)
        await scene().post(`/runs/${run.run}/close`, { outcome: 'succeeded' })
      }
      const found = await coverage('met', 1, 4)
      assert.deepEqual(found.map(short), ['good 01-02', 'good 02-03', 'good 03-04'])
      assert.ok(found.every((stretch: { readonly complete: boolean }) => stretch.complete))
    })

    test('pages of one window give the same stretches as one page, and none is lost between them', async () => {
      const spans = [[1, 5], [2, 3], [2, 4], [7, 8], [7, 9]] as const // prettier-ignore
      for (const [from, to] of spans) {
        await scene().save((await openDays('paged', from, to)).run, from)
      }
      const whole = await coverage('paged', 1, 11)
      const pages: unknown[] = []
      let cursor: string | null = ''
      for (let count = 0; cursor !== null && count < 10; count += 1) {
        const query: string = `from=${day(1)}&to=${day(11)}&limit=1${cursor && `&cursor=${cursor}`}`
        const page = answered(await scene().get(`/jobs/paged/coverage?${query}`), 200)
        pages.push(...page.items)
        cursor = page.next
      }
      assert.deepEqual(pages, whole)
      assert.deepEqual(whole.map(short), [
        'good 01-05',
        'overlapping 02-03',
        'good 02-03',
        'overlapping 02-04',
        'good 02-04',
        'missing 05-07',
        'good 07-08',
        'overlapping 07-08',
        'good 07-09',
        'missing 09-11',
      ])
    })

    test('a window that is worked on again after it had succeeded says so, as of then', async () => {
      const { run } = await openDays('again', 1, 2)
      await scene().save(run, 1)
      const closed = answered(
        await scene().post(`/runs/${run.run}/close`, { outcome: 'succeeded' }),
        200,
      )
      const before = (await scene().size()) - 1
      const anew = await openDays('again', 1, 2, { resume: 'none', rewind: true })
      assert.equal(anew.abandons.count, 1)
      const [now] = await coverage('again', 1, 2)
      assert.equal(now.state, 'missing')
      assert.equal(now.reason, 'NO_CHECKPOINT')
      assert.deepEqual(now.rewritten, {
        run: anew.run.run,
        attempt: 2,
        at: anew.run.openedAt,
        index: anew.run.openedIndex,
        after: closed.closedAt,
      })
      const [then] = await coverage('again', 1, 2, `&asOf=${before}`)
      assert.equal(then.state, 'good')
      assert.equal(then.rewritten, undefined)
    })

    test('a partition keeps its window; another one is refused, and none is fine', async () => {
      await openDays('kept', 1, 2)
      await openDays('kept', 1, 2)
      await scene().open('kept', { partition: '1-2' })
      const other = { job: 'kept', partition: '1-2', resume: 'latest', window: days(1, 3) }
      const facts = refused(await scene().post('/runs', other), 'WINDOW_MISMATCH')
      assert.deepEqual(facts.from, day(1))
      assert.equal((await coverage('kept', 1, 2)).length, 1)
    })

    test('windows and ranges that are empty or no time at all are refused with what to do', async () => {
      const open = (window: object) =>
        scene().post('/runs', { job: 'refused', resume: 'latest', window })
      refused(await open({ from: day(2), to: day(2) }), 'INVALID_REQUEST')
      refused(await open({ from: day(3), to: day(2) }), 'INVALID_REQUEST')
      refused(await open({ from: '2026-13-41T00:00:00Z', to: day(2) }), 'INVALID_REQUEST')
      refused(await open({ from: day(2) }), 'INVALID_REQUEST')
      await scene().put('/jobs/refused', {})
      const path = `/jobs/refused/coverage?from=${day(2)}&to=${day(1)}`
      refused(await scene().get(path), 'INVALID_REQUEST')
      const range = `from=${day(1)}&to=${day(2)}`
      refused(await scene().get(`/jobs/nobody/coverage?${range}`), 'JOB_NOT_FOUND')
      refused(await scene().get(`/jobs/refused/coverage?${range}&cursor=x`), 'INVALID_CURSOR')
    })
  })

  describe(`rewinds on ${dialect}`, () => {
    const scene = useScene(dialect)
    const stepsOf = (abandons: { readonly checkpoints: readonly { readonly step: number }[] }) =>
      abandons.checkpoints.map(({ step }) => step)
    const saveSteps = async (job: string, steps: readonly number[]) => {
      const { run } = await scene().open(job)
      const saved = new Map<number, Digest>()
      for (const step of steps) saved.set(step, await scene().save(run, step))
      return saved
    }

    test('a rewind says what becomes abandoned, before and after, and the log that it was meant', async () => {
      const saved = await saveSteps('rewound', [10, 20, 30])
      const second = (await scene().open('rewound')).run
      await scene().save(second, 40)
      const to = saved.get(20)
      const size = await scene().size()
      const preview = answered(await scene().get(`/jobs/rewound/rewind?to=${to}`), 200)
      assert.equal(await scene().size(), size)
      assert.equal(preview.count, 2)
      assert.deepEqual(stepsOf(preview), [40, 30])
      const { run, plan, abandons } = await scene().open('rewound', { resume: to, rewind: true })
      assert.equal(plan?.step, 20)
      assert.equal(run.attempt, 3)
      assert.deepEqual(abandons, preview)
      const entries = itemsOf(await scene().get(`/entries?after=${run.openedIndex - 1}&limit=1`))
      assert.equal(entries[0].entry.rewind, true)
      assert.equal(answered(await scene().latest('rewound'), 200).checkpoint.step, 20)
      // Going on leaves nothing behind.
      assert.equal((await scene().open('rewound', { resume: to })).abandons.count, 0)
    })

    test('a rewind to another line counts what only the current one has', async () => {
      const saved = await saveSteps('lines', [10, 20])
      const second = (await scene().open('lines', { resume: saved.get(10), rewind: true })).run
      await scene().save(second, 15)
      const back = await scene().open('lines', { resume: saved.get(20), rewind: true })
      assert.deepEqual(stepsOf(back.abandons), [15])
      const anew = await scene().open('lines', { resume: 'none', rewind: true })
      assert.deepEqual(stepsOf(anew.abandons), [20, 10])
    })

    test('a long line is counted to the last, and listed as far as an answer goes', async () => {
      const { run } = await scene().open('long')
      const first = await scene().save(run, 0)
      for (let step = 1; step <= 130; step += 1) await scene().save(run, step)
      const found = answered(await scene().get(`/jobs/long/rewind?to=${first}`), 200)
      assert.equal(found.count, 130)
      assert.equal(found.checkpoints.length, 100)
      assert.equal(found.checkpoints[0].step, 130)
    })

    test('going back to the latest, or to what is not there, is refused', async () => {
      const saved = await saveSteps('nowhere', [1])
      const rewind = (resume: unknown, job = 'nowhere') =>
        scene().post('/runs', { job, resume, rewind: true })
      refused(await rewind('latest'), 'INVALID_REQUEST')
      refused(await rewind(`sha256:${'0'.repeat(64)}`), 'CHECKPOINT_NOT_FOUND')
      refused(await rewind(saved.get(1), 'elsewhere'), 'RESUME_MISMATCH')
      await scene().tombstone(saved.get(1) as Digest)
      refused(await rewind(saved.get(1)), 'CHECKPOINT_NOT_GOOD')
      const path = `/jobs/nowhere/rewind?to=${saved.get(1)}`
      refused(await scene().get(path), 'CHECKPOINT_NOT_GOOD')
    })
  })

  describe(`resume tokens on ${dialect}`, () => {
    const scene = useScene(dialect)
    const issue = async (job: string, members: object = {}) =>
      answered(await scene().post('/resume-tokens', { job, ...members }), 200)
    const planOf = (token: string) => scene().post('/resume-tokens/plan', { token })
    const resume = (job: string, token: string, members: object = {}) =>
      scene().post('/runs', { job, resume: { token }, ...members })

    test('a token stands for a state: it gives the plan, and a run goes on from it', async () => {
      const { run } = await scene().open('carried', { partition: 'p' })
      const checkpoint = await scene().save(run, 5)
      const size = await scene().size()
      const issued = await issue('carried', { partition: 'p' })
      assert.equal(issued.checkpoint, checkpoint)
      assert.equal(issued.step, 5)
      assert.ok(issued.token.length < 512, 'small enough for a heartbeat')
      assert.equal(answered(await planOf(issued.token), 200).checkpoint, checkpoint)
      assert.equal(await scene().size(), size, 'nothing was recorded')
      const opened = answered(await resume('carried', issued.token, { partition: 'p' }), 201)
      assert.equal(opened.plan.checkpoint, checkpoint)
      assert.equal(opened.run.attempt, 2)
    })

    test('an altered token is refused wherever it was altered', async () => {
      const { run } = await scene().open('altered')
      await scene().save(run, 1)
      const { token } = await issue('altered')
      const [prefix, payload, signature] = token.split('.')
      const other = Buffer.from(payload, 'base64url').toString().replace('altered', 'another')
      const altered = [
        `${prefix}.${Buffer.from(other).toString('base64url')}.${signature}`,
        `${prefix}.${payload}.${'A'.repeat(43)}`,
        `${prefix}.${payload}.${signature}=`,
        `${prefix}.${payload}.`,
        `${prefix}.${payload}`,
        `${prefix}.${payload}.${signature}.x`,
        `cairn-resume-2.${payload}.${signature}`,
        'nonsense',
      ]
      for (const text of altered) {
        refused(await planOf(text), 'RESUME_TOKEN_INVALID')
        refused(await resume('altered', text), 'RESUME_TOKEN_INVALID')
      }
      refused(await resume('altered', ''), 'INVALID_REQUEST')
    })

    test('a token is good in its namespace, job and partition alone, and until it expires', async () => {
      const { run } = await scene().open('bound', { partition: 'p' })
      await scene().save(run, 1)
      const { token } = await issue('bound', { partition: 'p', lifetimeSeconds: 60 })
      const elsewhere = await declareScene(scene().at, 'elsewhere')
      refused(await elsewhere.post('/resume-tokens/plan', { token }), 'RESUME_TOKEN_MISMATCH')
      const there = { job: 'bound', partition: 'p', resume: { token } }
      refused(await elsewhere.post('/runs', there), 'RESUME_TOKEN_MISMATCH')
      refused(await resume('other', token, { partition: 'p' }), 'RESUME_TOKEN_MISMATCH')
      refused(await resume('bound', token), 'RESUME_TOKEN_MISMATCH')
      scene().at.advance(60_000)
      refused(await planOf(token), 'RESUME_TOKEN_EXPIRED')
      refused(await resume('bound', token, { partition: 'p' }), 'RESUME_TOKEN_EXPIRED')
    })

    test('a token whose line has gone on is stale, and goes back only on purpose', async () => {
      const { run } = await scene().open('stale')
      await scene().save(run, 1)
      const { token } = await issue('stale')
      const newer = await scene().save(run, 2)
      const size = await scene().size()
      const facts = refused(await resume('stale', token), 'RESUME_TOKEN_STALE')
      assert.equal(facts.latest, newer)
      assert.equal(await scene().size(), size, 'the run that goes on is not fenced')
      const back = answered(await resume('stale', token, { rewind: true }), 201)
      assert.equal(back.plan.step, 1)
      assert.equal(back.abandons.count, 1)
    })

    test('newer states that are not good do not make a token stale; a state that is withdrawn does not come back', async () => {
      const { run } = await scene().open('fallen')
      const first = await scene().save(run, 1)
      const { token } = await issue('fallen')
      await scene().evidence(await scene().save(run, 2), 'verified', 'failed')
      assert.equal(answered(await resume('fallen', token), 201).plan.step, 1)
      await scene().tombstone(first)
      refused(await planOf(token), 'CHECKPOINT_NOT_GOOD')
      refused(await resume('fallen', token), 'CHECKPOINT_NOT_GOOD')
    })

    test('a token grants nothing: who brings it needs a grant of their own', async () => {
      const { run } = await scene().open('granted')
      await scene().save(run, 1)
      const { token } = await issue('granted')
      const reader = await scene().at.tokenFor('reader', [
        { verbs: ['read'], on: `${scene().namespace}/others` },
      ])
      const headers = { authorization: `Bearer ${reader}` }
      refused(await scene().post('/resume-tokens/plan', { token }, headers), 'FORBIDDEN')
      const body = { job: 'granted', resume: { token } }
      refused(await scene().post('/runs', body, headers), 'FORBIDDEN')
    })

    test('there is no token where there is no good state', async () => {
      await scene().put('/jobs/empty', {})
      refused(await scene().post('/resume-tokens', { job: 'empty' }), 'NO_GOOD_CHECKPOINT')
      refused(await scene().post('/resume-tokens', { job: 'nobody' }), 'JOB_NOT_FOUND')
    })
  })
}
