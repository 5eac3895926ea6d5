import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { dialects } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, itemsOf, refused, unproven, useScene } from '../register/scene.ts'

const script = { uri: 's3://scripts/restore.py', digest: digestOf('restore.py') }
const closed = (properties: JsonObject, ...required: readonly string[]): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const axis = { type: 'string', maxLength: 16, pattern: '^[a-z]+$' }
const one = closed({ axis }, 'axis')
const two = closed({ axis, layers: { type: 'integer', minimum: 1 } }, 'axis')
const renamed = closed({ dimension: axis, layers: { type: 'integer', minimum: 1 } }, 'dimension')

for (const dialect of dialects) {
  describe(`formats on ${dialect}`, () => {
    const scene = useScene(dialect)
    const publish = (place: string, schema: JsonObject, members: JsonObject = {}) => {
      const [format, version] = place.split('@')
      return scene().put(`/formats/${format}/versions/${version}`, {
        schema,
        compatibility: 'backward',
        changelog: `What ${place} brings.`,
        recovery: script,
        ...members,
      })
    }
    const plan = async (job: string) => {
      const found = answered(await scene().post('/recovery-plans', { job }), 200)
      return { ...found, codes: found.warnings.map((warning: { code: string }) => warning.code) }
    }
    const withFormat = (version: string, metadata?: JsonObject): Partial<Manifest> => ({
      format: { name: 'npz', version, ...(metadata === undefined ? {} : { metadata }) },
    })

    test('a version is published once, and is what it was at any index', async () => {
      const first = answered(await publish('grid@1', one), 200)
      assert.deepEqual(answered(await publish('grid@1', one), 200), first)
      refused(await publish('grid@1', two), 'FORMAT_CONFLICT')
      refused(await publish('grid@1', one, { changelog: 'Another story.' }), 'FORMAT_CONFLICT')
      const second = answered(await publish('grid@2', two), 200)
      const { schema, ...rest } = answered(await scene().get('/formats/grid/versions/2'), 200)
      assert.deepEqual(schema, two)
      assert.deepEqual(rest, unproven(second))
      const versions = (query: string) => scene().get(`/formats/grid${query}`)
      const names = async (query: string) =>
        itemsOf(await versions(query)).map((item: { version: string }) => item.version)
      assert.deepEqual(await names(''), ['2', '1'])
      assert.deepEqual(await names(`?asOf=${first.index}`), ['1'])
      const page = answered(await versions('?limit=1'), 200)
      assert.deepEqual(await names(`?limit=1&cursor=${page.next}`), ['1'])
      refused(await versions(`?asOf=${first.index - 1}`), 'FORMAT_NOT_FOUND')
      refused(await scene().get('/formats/grid/versions/3'), 'FORMAT_NOT_FOUND')
      // All formats by name, each with what was newest then.
      answered(await publish('a@7', one), 200)
      const formats = async (query: string) =>
        itemsOf(await scene().get(`/formats${query}`)).map(
          (item: { format: string; version: string }) => `${item.format}@${item.version}`,
        )
      assert.deepEqual(await formats(''), ['a@7', 'grid@2'])
      assert.deepEqual(await formats(`?asOf=${first.index}`), ['grid@1'])
      const [a, ...none] = await formats('?limit=1')
      const { next } = answered(await scene().get('/formats?limit=1'), 200)
      assert.deepEqual([a, none], ['a@7', []])
      assert.deepEqual(await formats(`?limit=1&cursor=${next}`), ['grid@2'])
      assert.deepEqual(await formats(`?asOf=${first.index - 1}`), [])
      refused(await scene().get('/formats?cursor=bm9uZQ'), 'INVALID_CURSOR')
      refused(await scene().get('/formats/nobody'), 'FORMAT_NOT_FOUND')
      refused(await scene().get(`/formats/grid/versions/2?asOf=${first.index}`), 'FORMAT_NOT_FOUND')
    })

    test('a version fits the one before in the mode that it names, or says why not', async () => {
      answered(await publish('cube@1', one), 200)
      const size = await scene().size()
      const facts = refused(await publish('cube@2', renamed), 'FORMAT_INCOMPATIBLE')
      assert.equal(facts.previous, '1')
      assert.ok(facts.reasons.length > 0)
      refused(
        await publish('cube@2', closed({}), { compatibility: 'expand-only' }),
        'FORMAT_INCOMPATIBLE',
      )
      refused(await publish('cube@2', two, { compatibility: 'full' }), 'FORMAT_INCOMPATIBLE')
      assert.equal(await scene().size(), size)
      answered(await publish('cube@2', two, { compatibility: 'expand-only' }), 200)
      answered(await publish('cube@3', renamed, { compatibility: 'none' }), 200)
    })

    test('hostile and senseless versions are refused, and nothing is recorded', async () => {
      const size = await scene().size()
      const pattern = { type: 'string', maxLength: 64, pattern: '^(a+)+$' }
      const elsewhere = { $ref: 'https://example.com/schema.json' }
      for (const schema of [closed({ a: pattern }), closed({ a: elsewhere }), {}]) {
        refused(await publish('hostile@1', schema), 'FORMAT_SCHEMA_INVALID')
      }
      const upcast = (patch: unknown, from = '0') => ({ upcasts: [{ from, patch }] }) as JsonObject
      refused(await publish('hostile@1', one, upcast([])), 'FORMAT_NOT_FOUND')
      refused(await publish('hostile@1', one, upcast([], '1')), 'UPCAST_INVALID')
      const path = { op: 'remove', path: 'axis' }
      refused(await publish('hostile@1', one, upcast([path])), 'UPCAST_INVALID')
      for (const members of [
        { changelog: '' },
        { recovery: { uri: 's3://scripts/restore.py' } },
        { compatibility: 'sideways' },
        upcast([{ op: 'increment', path: '/a' }]),
      ]) {
        assert.equal((await publish('hostile@1', one, members as JsonObject)).status, 400)
      }
      const many = upcast(
        Array.from({ length: 64 }, () => ({ op: 'add', path: '/a', value: 'x'.repeat(1_500) })),
        'one',
      )
      answered(await publish('large@one', one), 200)
      refused(await publish('large@two', one, many), 'DOCUMENT_TOO_LARGE')
      assert.equal(await scene().size(), size + 1)
    })

    test('a registration with a published format has metadata that fits', async () => {
      const { run } = await scene().open('checked')
      const register = (step: number, members: Partial<Manifest>) =>
        scene().register(sampleManifest(run, step, members))
      answered(await register(1, withFormat('1', { anything: true })), 201)
      answered(await publish('npz@1', one), 200)
      const wrong = await register(2, withFormat('1', { axis: 'TIME' }))
      assert.deepEqual(refused(wrong, 'FORMAT_MISMATCH'), { format: 'npz', version: '1' })
      assert.match(wrong.body.detail, /\/axis must match pattern/)
      refused(await register(2, withFormat('1')), 'FORMAT_MISMATCH')
      answered(await register(2, withFormat('1', { axis: 'time' })), 201)
      // What was registered before stays, and is the same again.
      answered(await register(1, withFormat('1', { anything: true })), 200)
      // A version that nobody published is kept, and the plan says so.
      answered(await register(3, withFormat('9', { anything: true })), 201)
      const found = await plan('checked')
      assert.ok(found.codes.includes('FORMAT_UNKNOWN'))
      assert.equal(found.formatReading, undefined)
    })

    test('a plan reads old metadata by upcasts, and what is stored stays as it is', async () => {
      const format = (version: string, metadata: JsonObject): Partial<Manifest> => ({
        format: { name: 'mesh', version, metadata },
      })
      answered(await publish('mesh@1', one), 200)
      const { run } = await scene().open('upcast')
      const checkpoint = await scene().save(run, 1, format('1', { axis: 'time' }))
      assert.equal((await plan('upcast')).formatReading, undefined)
      const addLayers = [{ op: 'add', path: '/layers', value: 1 }]
      answered(await publish('mesh@2', two, { upcasts: [{ from: '1', patch: addLayers }] }), 200)
      const before = (await scene().size()) - 1
      const rename = [{ op: 'move', from: '/axis', path: '/dimension' }]
      const upcasts = [{ from: '2', patch: rename }]
      answered(await publish('mesh@3', renamed, { compatibility: 'none', upcasts }), 200)
      const found = await plan('upcast')
      assert.deepEqual(found.formatReading, {
        version: '3',
        metadata: { dimension: 'time', layers: 1 },
        upcasts: [
          { from: '1', to: '2', patch: addLayers },
          { from: '2', to: '3', patch: rename },
        ],
      })
      assert.deepEqual(found.format, format('1', { axis: 'time' }).format)
      const then = await scene().post('/recovery-plans', { job: 'upcast', asOf: before })
      assert.equal(answered(then, 200).formatReading.version, '2')
      const stored = await scene().get(`/checkpoints/${checkpoint}/manifest`)
      assert.deepEqual(stored.body.format, found.format)
      const { plan: resumed } = await scene().open('upcast')
      assert.deepEqual(resumed?.formatReading, found.formatReading)
    })

    test('an upcast that does not work is a warning, and no reading', async () => {
      const { run } = await scene().open('failing')
      const early = { format: { name: 'torn', version: '1', metadata: { other: 1 } } }
      await scene().save(run, 1, early)
      answered(await publish('torn@1', one), 200)
      const rename = [{ op: 'move', from: '/axis', path: '/dimension' }]
      const members = { compatibility: 'none', upcasts: [{ from: '1', patch: rename }] }
      answered(await publish('torn@2', closed({ dimension: axis }), members), 200)
      const found = await plan('failing')
      assert.ok(found.codes.includes('UPCAST_FAILED'))
      assert.equal(found.formatReading, undefined)
      assert.deepEqual(found.format, early.format)
    })

    test('only who administers the namespace publishes', async () => {
      const token = await scene().at.tokenFor('worker', [
        { verbs: ['append', 'read', 'retire'], on: 'airline/*' },
      ])
      const headers = { authorization: `Bearer ${token}` }
      answered(await publish('mine@1', one), 200)
      const path = scene().path('/formats/mine/versions/1')
      const body = { schema: one, compatibility: 'none', changelog: 'c', recovery: script }
      refused(await scene().at.call('PUT', path, body, headers), 'FORBIDDEN')
      answered(await scene().at.call('GET', path, undefined, headers), 200)
    })
  })
}
