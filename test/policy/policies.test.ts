import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, refused, unproven, useScene } from '../register/scene.ts'

const keepThree = { retention: { anyOf: [{ keep: 'latest', count: 3 }] } }

for (const dialect of dialects) {
  describe(`policies on ${dialect}`, () => {
    const scene = useScene(dialect)
    const set = (policy: string, spec: unknown) => scene().put(`/policies/${policy}`, spec)
    const get = (policy: string, query = '') => scene().get(`/policies/${policy}${query}`)

    test('a policy is what was set last, and what it was at any index before', async () => {
      const first = answered(await set('hourly', keepThree), 200)
      assert.deepEqual(unproven(first).spec, keepThree)
      const again = answered(await set('hourly', keepThree), 200)
      assert.deepEqual(again, first)
      const spec = {
        description: 'Trainings.',
        rpoSeconds: 900,
        rtoSeconds: 3600,
        requiredGrade: 'verified',
        retention: {
          anyOf: [
            { keep: 'latest', count: 2, tier: 'light' },
            { keep: 'every-steps', steps: 1000 },
            { keep: 'every-seconds', seconds: 86_400, count: 30, tier: 'durable' },
            { keep: 'best', count: 1, label: 'loss', order: 'lowest' },
            { keep: 'newer-than', seconds: 3600 },
          ],
        },
        graceSeconds: 0,
        storage: {
          encryption: 'kms',
          objectLock: true,
          regions: ['eu-central-1'],
          lifecycle: 'refuse',
        },
        verification: { everySeconds: 86_400, grade: 'present' },
      }
      const second = answered(await set('hourly', spec), 200)
      assert.ok(second.index > first.index)
      assert.deepEqual(answered(await get('hourly'), 200).spec, spec)
      const then = answered(await get('hourly', `?asOf=${first.index}`), 200)
      assert.deepEqual(then.spec, keepThree)
      refused(await get('hourly', `?asOf=${first.index - 1}`), 'POLICY_NOT_FOUND')
    })

    test('policies are listed by name, page by page', async () => {
      for (const name of ['b', 'a', 'c']) answered(await set(name, {}), 200)
      answered(await set('a', { rpoSeconds: 1 }), 200)
      const page = answered(await scene().get('/policies?limit=2'), 200)
      assert.deepEqual(
        page.items.map((item: { policy: string }) => item.policy),
        ['a', 'b'],
      )
      const rest = await scene().get(`/policies?limit=2&cursor=${page.next}`)
      assert.deepEqual(
        itemsOf(rest).map((item: { policy: string }) => item.policy),
        ['c', 'hourly'],
      )
      refused(await scene().get('/policies?cursor=bm9uZQ'), 'INVALID_CURSOR')
    })

    test('a job names a policy that is there', async () => {
      refused(await scene().put('/jobs/fares', { policy: 'nobody' }), 'POLICY_NOT_FOUND')
      refused(await get('nobody'), 'POLICY_NOT_FOUND')
      answered(await set('nightly', keepThree), 200)
      const job = answered(await scene().put('/jobs/fares', { policy: 'nightly' }), 200)
      assert.equal(job.spec.policy, 'nightly')
      assert.equal(answered(await scene().get('/jobs/fares'), 200).spec.policy, 'nightly')
    })

    test('what no policy can say is refused with where it is', async () => {
      for (const [spec, code] of [
        [{ retention: {} }, 'INVALID_REQUEST'],
        [{ retention: { anyOf: [] } }, 'INVALID_REQUEST'],
        [{ retention: { anyOf: [{ keep: 'latest', count: 0 }] } }, 'INVALID_REQUEST'],
        [{ retention: { anyOf: [{ keep: 'forever' }] } }, 'INVALID_REQUEST'],
        [{ graceSeconds: -1 }, 'INVALID_REQUEST'],
        [{ retain: 3 }, 'UNKNOWN_PROPERTY'],
        [{ rpoSeconds: '15m' }, 'INVALID_TYPE'],
      ] as const) {
        const called = await set('wrong', spec)
        assert.equal(called.status, 400, JSON.stringify(spec))
        if (code !== 'INVALID_REQUEST') refused(called, code)
      }
      refused(await get('wrong'), 'POLICY_NOT_FOUND')
    })

    test('only who administers the namespace sets them', async () => {
      const token = await scene().at.tokenFor('worker', [
        { verbs: ['append', 'read', 'retire'], on: 'airline/*' },
      ])
      const headers = { authorization: `Bearer ${token}` }
      const path = scene().path('/policies/mine')
      refused(await scene().at.call('PUT', path, {}, headers), 'FORBIDDEN')
      answered(await set('mine', {}), 200)
      answered(await scene().at.call('GET', path, undefined, headers), 200)
    })
  })
}
