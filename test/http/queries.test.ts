import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Json } from '../../schema/canonical-json.ts'
import { encodeCursor, type PageKey } from '../../schema/cursor.ts'
import type { ErrorCode } from '../../schema/errors.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, refused, useScene } from '../register/scene.ts'
import { recordFor, type Recorded } from './requests.ts'

for (const dialect of dialects) {
  describe(`a query on ${dialect}`, () => {
    const scene = useScene(dialect)
    let known: Recorded
    before(async () => {
      known = await recordFor(scene(), 'fares')
      await recordFor(scene(), 'seats')
    })

    const refusing = async (rest: string, code: ErrorCode): Promise<void> => {
      refused(await scene().get(rest), code)
    }

    test('with a member that nobody knows is refused', async () => {
      for (const name of [
        'limits',
        'Limit',
        'constructor',
        'toString',
        '__proto__',
        'hasOwnProperty',
        '%6cimits',
        '',
      ]) {
        await refusing(`/jobs?${name}=1`, 'UNKNOWN_PROPERTY')
        await refusing(`/jobs?limit=1&${name}=1`, 'UNKNOWN_PROPERTY')
      }
      await refusing('/jobs/fares?asof=1', 'UNKNOWN_PROPERTY')
      await refusing(`/checkpoints/${known.checkpoint}/manifest?asOf=1`, 'UNKNOWN_PROPERTY')
    })

    test('that says a member twice is refused, even with one value', async () => {
      await refusing('/jobs?limit=1&limit=1', 'INVALID_REQUEST')
      await refusing('/jobs?limit=1&%6cimit=2', 'INVALID_REQUEST')
    })

    test('takes whole numbers in digits only', async () => {
      for (const text of ['1e1', '0x10', '1.0', '+1', '%201', '', 'ten', 'NaN', '１']) {
        await refusing(`/jobs?limit=${text}`, 'INVALID_TYPE')
      }
      for (const text of ['0', '-1', '501', '9007199254740992', '9999999999999999']) {
        await refusing(`/jobs?limit=${text}`, 'INVALID_REQUEST')
      }
      await refusing(`/jobs?limit=${'9'.repeat(400)}`, 'INVALID_TYPE')
      answered(await scene().get('/jobs?limit=500'), 200)
      answered(await scene().get('/jobs?limit=01'), 200)
    })

    test('takes an index of the log that the log has come to', async () => {
      const newest = (await scene().size()) - 1
      for (const path of [
        '/jobs',
        '/jobs/fares',
        '/runs',
        `/runs/${known.run.run}`,
        '/checkpoints',
        `/checkpoints/${known.checkpoint}`,
        `/checkpoints/${known.checkpoint}/lineage`,
        '/jobs/fares/latest',
      ]) {
        answered(await scene().get(`${path}?asOf=${newest}`), 200)
        await refusing(`${path}?asOf=${newest + 1}`, 'LOG_INDEX_OUT_OF_RANGE')
        await refusing(`${path}?asOf=${Number.MAX_SAFE_INTEGER}`, 'LOG_INDEX_OUT_OF_RANGE')
        await refusing(`${path}?asOf=-1`, 'INVALID_REQUEST')
        await refusing(`${path}?asOf=newest`, 'INVALID_TYPE')
      }
    })

    test('takes "true" and "false" and no other word for them', async () => {
      for (const text of ['1', 'yes', 'TRUE', '', 'null']) {
        await refusing(`/jobs/fares/latest?includeAbandoned=${text}`, 'INVALID_TYPE')
        await refusing(`/checkpoints?tombstoned=${text}`, 'INVALID_TYPE')
      }
      answered(await scene().get('/jobs/fares/latest?includeAbandoned=false'), 200)
    })

    test('takes names, digests and words of the contract only', async () => {
      for (const [query, code] of [
        ['job=Fares', 'INVALID_NAME'],
        ['job=', 'INVALID_NAME'],
        ['job=../fares', 'INVALID_NAME'],
        ['partition=a%2Fb', 'INVALID_NAME'],
        ['partition=%00', 'INVALID_NAME'],
        ['run=-x', 'INVALID_NAME'],
        ['environment=sha256:abc', 'INVALID_DIGEST'],
        [`environment=${known.environment.toUpperCase()}`, 'INVALID_DIGEST'],
        ['kind=partial', 'INVALID_REQUEST'],
        ['tier=', 'INVALID_REQUEST'],
        ['minStep=-1', 'INVALID_REQUEST'],
        ['label=no-colon', 'INVALID_REQUEST'],
        [`label=a:${'x'.repeat(400)}`, 'INVALID_REQUEST'],
      ] as const) {
        await refusing(`/checkpoints?${query}`, code)
      }
      await refusing('/jobs/fares/latest?minGrade=good', 'INVALID_REQUEST')
      await refusing(`/checkpoints/${known.checkpoint}/lineage?direction=up`, 'INVALID_REQUEST')
      await refusing(`/checkpoints/${known.checkpoint}/lineage?depth=1001`, 'INVALID_REQUEST')
    })

    test('with a NUL in it is refused, as no stored text has one', async () => {
      await refusing('/checkpoints?label=a:%00', 'INVALID_REQUEST')
      await refusing('/checkpoints?label=a:b%00c', 'INVALID_REQUEST')
      await refusing('/checkpoints?cursor=%00', 'INVALID_REQUEST')
    })

    test('is data, whatever it says', async () => {
      for (const text of ["a:' or 1=1 --", 'a:%', 'a:_', 'a:$1', 'a:?', 'a:\\', 'a:😀']) {
        const called = await scene().get(`/checkpoints?label=${encodeURIComponent(text)}`)
        assert.deepEqual(itemsOf(called), [])
      }
    })
  })

  describe(`a cursor on ${dialect}`, () => {
    const scene = useScene(dialect)
    let known: Recorded
    before(async () => {
      known = await recordFor(scene(), 'fares')
      await recordFor(scene(), 'seats')
    })

    const next = async (rest: string): Promise<string> => {
      const { next: cursor } = answered(await scene().get(rest), 200)
      assert.equal(typeof cursor, 'string', rest)
      return cursor
    }

    test('leads on in the list that gave it', async () => {
      const cursor = await next('/checkpoints?job=fares&limit=1')
      const [item] = itemsOf(await scene().get(`/checkpoints?limit=1&job=fares&cursor=${cursor}`))
      assert.equal(item.checkpoint, known.other)
    })

    test('of another list, other filters or another moment is refused', async () => {
      const ofCheckpoints = await next('/checkpoints?job=fares&limit=1')
      const ofJobs = await next('/jobs?limit=1')
      for (const path of [
        `/runs?cursor=${ofCheckpoints}`,
        `/jobs?cursor=${ofCheckpoints}`,
        `/checkpoints?cursor=${ofCheckpoints}`,
        `/checkpoints?job=seats&cursor=${ofCheckpoints}`,
        `/checkpoints?job=fares&kind=full&cursor=${ofCheckpoints}`,
        `/checkpoints?job=fares&asOf=5&cursor=${ofCheckpoints}`,
        `/jobs?asOf=5&cursor=${ofJobs}`,
        `/checkpoints/${known.checkpoint}/history?cursor=${ofCheckpoints}`,
      ]) {
        refused(await scene().get(path), 'INVALID_CURSOR')
      }
      const elsewhere = await scene().at.call('GET', `/v1/namespaces?cursor=${ofJobs}`)
      refused(elsewhere, 'INVALID_CURSOR')
    })

    test('of another namespace is refused', async () => {
      const { at } = scene()
      answered(await at.call('PUT', '/v1/namespaces/railway', {}), 200)
      const cursor = await next('/jobs?limit=1')
      refused(
        await at.call('GET', `/v1/namespaces/railway/jobs?cursor=${cursor}`),
        'INVALID_CURSOR',
      )
    })

    test('that nobody gave out is refused', async () => {
      const cursor = await next('/jobs?limit=1')
      for (const text of [
        'x',
        '!!!',
        cursor.slice(0, -4),
        `${cursor}AAAA`,
        cursor.toUpperCase(),
        btoa('null'),
        btoa('[]'),
        btoa('{"0":1}'),
        btoa('['.repeat(700)),
        encodeURIComponent('"\ud83d\ude00"'),
      ]) {
        refused(await scene().get(`/jobs?cursor=${text}`), 'INVALID_CURSOR')
      }
      refused(await scene().get('/jobs?cursor='), 'INVALID_REQUEST')
      refused(await scene().get(`/jobs?cursor=${'A'.repeat(1025)}`), 'INVALID_REQUEST')
    })

    const filters = { namespace: 'airline', job: null, partition: null, asOf: null }
    const forge = (path: string, scope: Json, key: PageKey): Promise<void> =>
      scene()
        .get(`${path}?cursor=${encodeCursor(scope, key)}`)
        .then((called) => void refused(called, 'INVALID_CURSOR'))

    test('that was made up with numbers which are no index is refused', async () => {
      for (const number of [1.5, -1.5, 1e300, Number.MAX_SAFE_INTEGER + 1]) {
        await forge('/runs', { list: 'runs', ...filters }, [number])
      }
    })

    test('that was made up with a text which is no name is refused', async () => {
      for (const text of ['\u0000', 'a\u0000b']) {
        await forge('/jobs', { list: 'jobs', namespace: 'airline', asOf: null }, [text])
      }
    })

    test('that was made up with too few or other members is refused', async () => {
      for (const key of [[], [1, 2], ['1'], [1, 'x']]) {
        await forge('/runs', { list: 'runs', ...filters }, key)
      }
      await forge('/jobs', { list: 'jobs', namespace: 'airline', asOf: null }, [1])
    })
  })
}
