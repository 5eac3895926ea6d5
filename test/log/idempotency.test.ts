import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialects, allGrants, newConfig, openTestCatalog } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, refused, sceneIn, useScene } from '../register/scene.ts'
import { upTo } from './drafts.ts'

const keyed = (key: string): Record<string, string> => ({ 'idempotency-key': key })

for (const dialect of dialects) {
  describe(`idempotency keys on ${dialect}`, () => {
    const scene = useScene(dialect)
    const body = { job: 'fares', resume: 'none' }

    test('the same request under one key is carried out once, and answered alike', async () => {
      const first = answered(await scene().post('/runs', body, keyed('a')), 201)
      const size = await scene().size()
      for (const repeat of [1, 2]) {
        const again = await scene().post('/runs', body, keyed('a'))
        assert.deepEqual(answered(again, 201), first, `repeat ${repeat}`)
      }
      assert.equal(await scene().size(), size)
    })

    test('requests under one key that come at once are carried out once', async () => {
      const size = await scene().size()
      const answers = await Promise.all(
        upTo(8).map(() => scene().post('/runs', { ...body, job: 'crowd' }, keyed('crowd'))),
      )
      const [first] = answers
      for (const answer of answers) assert.deepEqual(answered(answer, 201), first?.body)
      // The declaration of the job, and the run.
      assert.equal(await scene().size(), size + 2)
    })

    test('the answer is that of the time when it was carried out, though more has happened', async () => {
      const { run } = await scene().open('later')
      const checkpoint = await scene().save(run, 1)
      const later = { job: 'later', resume: 'latest' }
      const first = answered(await scene().post('/runs', later, keyed('later')), 201)
      assert.equal(first.plan.checkpoint, checkpoint)
      await scene().save(first.run, 2)
      await scene().tombstone(checkpoint)
      await scene().open('later', { resume: 'none' })
      assert.deepEqual(answered(await scene().post('/runs', later, keyed('later')), 201), first)
    })

    test('another body, operation, namespace or place under the key is refused', async () => {
      await scene().post('/runs', body, keyed('b'))
      const size = await scene().size()
      const other = await declareScene(scene().at, 'elsewhere')
      const { run } = await scene().open('closing')
      const requests = [
        scene().post('/runs', { ...body, resume: 'latest' }, keyed('b')),
        scene().post('/runs', { ...body, labels: { a: 'b' } }, keyed('b')),
        scene().post(`/runs/${run.run}/close`, { outcome: 'failed' }, keyed('b')),
        other.post('/runs', body, keyed('b')),
        scene().at.call('PUT', scene().path('/jobs/fares'), {}, keyed('b')),
      ]
      for (const request of requests) refused(await request, 'IDEMPOTENCY_KEY_REUSED')
      const opened = 2
      assert.equal(await scene().size(), size + opened)
    })

    test('a key that two namespaces get at once is one request and one refusal', async () => {
      const other = await declareScene(scene().at, 'beside')
      const answers = await Promise.all([
        scene().post('/runs', body, keyed('both')),
        other.post('/runs', body, keyed('both')),
      ])
      const statuses = answers.map((answer) => answer.status)
      assert.deepEqual(
        statuses.toSorted((left, right) => left - right),
        [201, 422],
      )
    })

    test('the same key of another principal is another request', async () => {
      const token = await scene().at.tokenFor('somebody-else', allGrants)
      const mine = answered(await scene().post('/runs', body, keyed('c')), 201)
      const theirs = await scene().post('/runs', body, {
        ...keyed('c'),
        authorization: `Bearer ${token}`,
      })
      assert.notEqual(answered(theirs, 201).run.run, mine.run.run)
    })

    test('a refusal is not kept: the key is free for the same request once it can succeed', async () => {
      const { run } = await scene().open('refusal')
      const manifest = sampleManifest(run, 1, { base: `sha256:${'0'.repeat(64)}` as never })
      const send = () => scene().post('/checkpoints', { manifest }, keyed('d'))
      refused(await send(), 'BASE_NOT_FOUND')
      refused(await send(), 'BASE_NOT_FOUND')
      const size = await scene().size()
      refused(
        await scene().post('/runs', { ...body, run: run.run }, keyed('e')),
        'REGISTRATION_CONFLICT',
      )
      assert.equal(await scene().size(), size)
      answered(await scene().post('/runs', body, keyed('e')), 201)
    })

    test('a key that is no line of visible characters is refused', async () => {
      for (const key of ['', 'a b', 'ä', 'x'.repeat(256)]) {
        refused(await scene().post('/runs', body, keyed(key)), 'INVALID_REQUEST')
      }
      answered(await scene().post('/runs', body, keyed('x'.repeat(255))), 201)
    })

    test('a key on a request that only reads is ignored', async () => {
      const [left, right] = [keyed('read'), keyed('read')]
      const { at } = scene()
      assert.equal((await at.call('GET', scene().path('/jobs'), undefined, left)).status, 200)
      assert.equal((await at.call('GET', scene().path('/runs'), undefined, right)).status, 200)
    })
  })

  test(`an answer under a key outlives the server on ${dialect}`, async () => {
    const config = await newConfig(dialect)
    const first = await declareScene(await openTestCatalog(dialect, config), 'airline')
    const { run } = await first.open('fares')
    const checkpoint = await first.save(run, 3)
    const requests = [
      ['/runs', { job: 'fares', resume: 'latest' }],
      [
        `/checkpoints/${checkpoint}/evidence`,
        { finding: 'present', outcome: 'passed', method: 'm' },
      ],
      [`/checkpoints/${checkpoint}/tombstone`, { reason: 'corrupt' }],
    ] as const
    const answers: unknown[] = []
    for (const [path, body] of requests) {
      answers.push((await first.post(path, body, keyed(path))).body)
    }
    const size = await first.size()
    await first.at.catalog.close()

    const second = sceneIn(await openTestCatalog(dialect, config), 'airline')
    for (const [place, [path, body]] of requests.entries()) {
      const again = await second.post(path, body, keyed(path))
      assert.deepEqual(answered(again, 201), answers[place])
      const reused = await second.post('/runs', { job: 'other', resume: 'none' }, keyed(path))
      refused(reused, 'IDEMPOTENCY_KEY_REUSED')
    }
    assert.equal(await second.size(), size)
    await second.at.close()
  })

  test(`an answer under a key is kept for a week on ${dialect}`, async () => {
    const at = await openTestCatalog(dialect)
    const scene = await declareScene(at, 'airline')
    const body = { job: 'fares', resume: 'none' }
    const first = answered(await scene.post('/runs', body, keyed('old')), 201)
    at.advance(7 * 24 * 60 * 60 * 1000 - 1)
    assert.deepEqual(answered(await scene.post('/runs', body, keyed('old')), 201), first)
    await at.close()
  })
}
