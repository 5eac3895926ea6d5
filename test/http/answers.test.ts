import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { digestOf } from '../../schema/digest.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, refused, useScene } from '../register/scene.ts'
import { recordFor, type Recorded } from './requests.ts'

for (const dialect of dialects) {
  describe(`an answer on ${dialect}`, () => {
    const scene = useScene(dialect)
    let known: Recorded
    before(async () => {
      known = await recordFor(scene(), 'fares')
    })

    const immutable = (): readonly (readonly [string, string])[] => [
      [`/checkpoints/${known.checkpoint}/manifest`, known.checkpoint],
      [`/environments/${known.environment}`, known.environment],
    ]
    const askIf = async (rest: string, ifNoneMatch: string, headers = {}): Promise<Response> =>
      scene().at.app.request(scene().path(rest), {
        headers: {
          authorization: `Bearer ${scene().at.token}`,
          'if-none-match': ifNoneMatch,
          ...headers,
        },
      })

    test('of what never changes carries the digest of its exact bytes as a strong tag', async () => {
      for (const [rest, digest] of immutable()) {
        const response = await askIf(rest, '"another"')
        assert.equal(response.status, 200)
        assert.equal(response.headers.get('etag'), `"${digest}"`)
        assert.equal(response.headers.get('cache-control'), 'private, max-age=31536000, immutable')
        assert.equal(digestOf(new Uint8Array(await response.arrayBuffer())), digest)
      }
    })

    test('of what never changes is not sent again to whoever has it', async () => {
      for (const [rest, digest] of immutable()) {
        for (const tag of [
          `"${digest}"`,
          `W/"${digest}"`,
          `"x", "${digest}"`,
          `"x","${digest}"`,
          '*',
        ]) {
          const response = await askIf(rest, tag)
          assert.equal(response.status, 304, tag)
          assert.equal(response.headers.get('etag'), `"${digest}"`)
          assert.equal(await response.text(), '')
        }
        for (const tag of [digest, `"${digest.slice(7)}"`, '""', 'W/*', `"${digest} "`]) {
          assert.equal((await askIf(rest, tag)).status, 200, tag)
        }
      }
    })

    test('of a tag opens nothing to whoever may not read', async () => {
      for (const [rest, digest] of immutable()) {
        const refusal = await askIf(rest, `"${digest}"`, { authorization: '' })
        assert.equal(refusal.status, 401)
        const token = await scene().at.tokenFor('visitor', [{ verbs: ['append'], on: '*/*' }])
        const forbidden = await askIf(rest, '*', { authorization: `Bearer ${token}` })
        assert.equal(forbidden.status, 403)
        assert.equal(forbidden.headers.get('etag'), null)
      }
      const nowhere = await askIf(`/checkpoints/${digestOf('nowhere')}/manifest`, '*')
      assert.equal(nowhere.status, 404)
    })

    test('of what may change is not kept by anybody between', async () => {
      for (const rest of [
        '/jobs',
        '/jobs/fares/latest',
        `/checkpoints/${known.checkpoint}`,
        '/nowhere',
      ]) {
        const { headers } = await scene().get(rest)
        assert.equal(headers.get('cache-control'), 'no-store')
        assert.equal(headers.get('etag'), null)
      }
    })

    test('has an id of its own', async () => {
      const paths = ['/jobs', '/jobs', '/nowhere', '/jobs/nothing', '/jobs?limit=0']
      const called = await Promise.all(paths.map((rest) => scene().get(rest)))
      const ids = called.map(({ headers }) => headers.get('x-request-id') ?? '')
      assert.equal(new Set(ids).size, paths.length)
      for (const id of ids) assert.match(id, /^[\w-]{8,}$/)
    })

    test('to what was made says where it can be read', async () => {
      const { run } = known
      const registered = await scene().register(sampleManifest(run, 20))
      const opened = await scene().post('/runs', { job: 'seats', resume: 'latest' })
      for (const called of [registered, opened]) {
        answered(called, 201)
        const location = called.headers.get('location') ?? ''
        answered(await scene().at.call('GET', location), 200)
      }
    })

    test('to a repeat says that nothing was made', async () => {
      const manifest = sampleManifest(known.run, 21)
      answered(await scene().register(manifest), 201)
      answered(await scene().register(manifest), 200)
      const checkpoint = await scene().save(known.run, 22)
      answered(await scene().tombstone(checkpoint), 201)
      answered(await scene().tombstone(checkpoint), 200)
    })
  })

  describe(`an idempotency key on ${dialect}`, () => {
    const scene = useScene(dialect)
    const open = (key: string) =>
      scene().post('/runs', { job: 'fares', resume: 'none' }, { 'idempotency-key': key })

    test('is 1 to 255 visible characters of ASCII', async () => {
      const size = await scene().size()
      for (const key of ['', 'a b', 'a, b', 'ä', 'a\tb', 'x'.repeat(256)]) {
        refused(await open(key), 'INVALID_REQUEST')
      }
      assert.equal(await scene().size(), size)
      answered(await open('x'.repeat(255)), 201)
      answered(await open('!~"\'\\{}'), 201)
    })

    test('means nothing on a read', async () => {
      const headers = { 'idempotency-key': 'not a key' }
      answered(await scene().at.call('GET', scene().path('/jobs'), undefined, headers), 200)
    })

    test('gives one answer to one request, and refuses it to another', async () => {
      const first = answered(await open('once'), 201)
      const again = answered(await open('once'), 201)
      assert.equal(again.run.run, first.run.run)
      const other = await scene().post(
        '/runs',
        { job: 'fares', resume: 'latest' },
        { 'idempotency-key': 'once' },
      )
      refused(other, 'IDEMPOTENCY_KEY_REUSED')
    })
  })
}
