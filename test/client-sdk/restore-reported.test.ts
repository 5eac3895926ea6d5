import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test, type TestContext } from 'node:test'
import type { BlobReference, Digest, Restore } from '../../client-sdk/api.ts'
import { CatalogClient } from '../../client-sdk/client.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { restore, type BlobReader } from '../../client-sdk/node.ts'
import { CatalogError, type ErrorCode } from '../../schema/errors.ts'
import { dialects, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { makeFolder } from './spool-fixture.ts'

/** What a store has under each URI: bytes, or what it fails with. */
type Objects = Map<string, Uint8Array | ErrorCode>

function storeOf(objects: Objects): BlobReader {
  return {
    scheme: 's3',
    async *read({ uri }, offsetBytes = 0) {
      await Promise.resolve()
      const found = objects.get(uri) ?? 'BLOB_NOT_FOUND'
      if (typeof found === 'string') throw new CatalogError(found, `${uri} gave ${found}.`)
      yield found.subarray(offsetBytes)
    },
  }
}

/** A blob in one bucket and the copies of it in others; the store has all of them. */
function put(objects: Objects, text: string, ...buckets: readonly string[]): BlobReference {
  const bytes = Buffer.from(text)
  const places = buckets.map((bucket) => `s3://${bucket}/${digestOf(bytes).slice(-12)}`)
  for (const uri of places) objects.set(uri, bytes)
  const [uri = '', ...copies] = places
  return {
    name: 'state',
    uri,
    versionId: 'v1',
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    ...(copies.length === 0
      ? {}
      : { copies: copies.map((copy) => ({ uri: copy, versionId: 'v1' })) }),
  }
}

const rot = (objects: Objects, { uri, sizeBytes }: BlobReference): void => {
  objects.set(uri, Buffer.alloc(sizeBytes, 'x'))
}

for (const dialect of dialects) {
  describe(`a restore that is reported, on ${dialect}`, () => {
    let at: TestCatalog | undefined
    before(async () => {
      at = await openTestCatalog(dialect)
    })
    after(() => at?.close())

    async function setUp(t: TestContext, job: string) {
      assert.ok(at !== undefined)
      const { fetch, token } = at
      const settings = { url: 'http://localhost', namespace: 'airline', token, fetch, retries: 0 }
      const client = new CatalogClient(settings)
      await client.namespaces.declare()
      const objects: Objects = new Map()
      const { run } = await client.runs.resume({ job })
      const save = async (step: number, blob: BlobReference, base?: Digest): Promise<Digest> => {
        const kind = base === undefined ? {} : { base }
        const saved = await run.checkpoint({ step, blobs: [blob], ...kind })
        assert.equal(saved.status, 'registered')
        return saved.checkpoint
      }
      const options = { into: await makeFolder(t), stores: [storeOf(objects)], client }
      const restores = async (): Promise<readonly Restore[]> =>
        await client.recovery.restores({ job }).toArray({ limit: 50 })
      return { client, objects, run, save, options, restores }
    }

    test('is recorded with its bytes, and raises the grade', async (t) => {
      const { client, objects, save, options, restores } = await setUp(t, 'whole')
      const checkpoint = await save(1, put(objects, 'all of it', 'eu'))
      const plan = await client.recovery.plan({ job: 'whole' })
      const state = await restore(plan, { ...options, ownership: 'copy' })
      assert.equal(state.report, 'recorded')
      assert.equal((await client.checkpoints.get(checkpoint)).grade, 'restored')
      const [found] = await restores()
      assert.deepEqual(
        [found?.outcome, found?.ownership, found?.bytes, found?.sources],
        ['succeeded', 'copy', 9, [{ origin: 's3://eu', bytes: 9 }]],
      )
      const silent = await restore(plan, { ...options, report: false })
      assert.equal(silent.report, 'off')
      assert.equal((await restores()).length, 1)
    })

    test('takes the next source when one is away or has other bytes', async (t) => {
      const { client, objects, save, options, restores } = await setUp(t, 'sources')
      const blob = put(objects, 'the same bytes everywhere', 'eu', 'us', 'ap')
      const checkpoint = await save(1, blob)
      rot(objects, blob)
      objects.set(blob.copies?.[0]?.uri ?? '', 'STORE_UNAVAILABLE')
      const plan = await client.recovery.plan({ job: 'sources' })
      const state = await restore(plan, options)
      assert.equal(state.plan.checkpoint, checkpoint)
      const [found] = await restores()
      assert.deepEqual(
        found?.failures?.map(({ code, uri }) => [code, uri.slice(0, 7)]),
        [
          ['DIGEST_DIFFERS', 's3://eu'],
          ['STORE_UNAVAILABLE', 's3://us'],
        ],
      )
      assert.equal(found.sources?.at(-1)?.origin, 's3://ap')
      assert.equal((await client.checkpoints.get(checkpoint)).grade, 'restored')
    })

    test('takes the next state when a blob is lost everywhere, and demotes the one that holds it', async (t) => {
      const { client, objects, save, options, restores } = await setUp(t, 'lost')
      const early = await save(1, put(objects, 'early', 'eu'))
      const blob = put(objects, 'base', 'eu')
      const base = await save(2, blob)
      const delta = await save(3, put(objects, 'delta', 'eu'), base)
      rot(objects, blob)
      const plan = await client.recovery.plan({ job: 'lost' })
      assert.equal(plan.checkpoint, delta)
      const state = await restore(plan, options)
      assert.equal(state.plan.checkpoint, early)
      const [file] = state.stages[0]?.files ?? []
      assert.equal(await readFile(file?.path ?? '', 'utf8'), 'early')
      assert.deepEqual(
        state.plan.skipped.map(({ reason, because }) => [reason, because]),
        [
          ['CHAIN_BROKEN', base],
          ['EVIDENCE_FAILED', undefined],
        ],
      )
      assert.deepEqual(
        (await restores()).map(({ checkpoint, outcome }) => [checkpoint, outcome]),
        [
          [early, 'succeeded'],
          [delta, 'failed'],
        ],
      )
    })

    test('takes a state in another place while one is away, and holds nothing against what is there', async (t) => {
      const { client, objects, save, options } = await setUp(t, 'away')
      const early = await save(1, put(objects, 'in two places', 'us', 'eu'))
      const blob = put(objects, 'in one place', 'us')
      const newest = await save(2, blob)
      for (const uri of objects.keys()) {
        if (uri.startsWith('s3://us')) objects.set(uri, 'STORE_UNAVAILABLE')
      }
      const plan = await client.recovery.plan({ job: 'away' })
      const state = await restore(plan, options)
      assert.equal(state.plan.checkpoint, early)
      assert.deepEqual(
        state.plan.skipped.map(({ reason }) => reason),
        ['UNAVAILABLE'],
      )
      const { checkpoint } = await client.recovery.latest({ job: 'away' })
      assert.equal(checkpoint.checkpoint, newest)
    })

    test('of a run opens a new attempt for the next state, so that what is recorded stays true', async (t) => {
      const { client, objects, save, options } = await setUp(t, 'attempts')
      const early = await save(1, put(objects, 'one', 'eu'))
      const blob = put(objects, 'two', 'eu')
      await save(2, blob)
      const labels = { host: 'a' }
      const { run, plan } = await client.runs.resume({ job: 'attempts', labels })
      assert.ok(plan !== null)
      objects.set(blob.uri, 'BLOB_NOT_FOUND')
      const state = await restore(plan, { ...options, run, ownership: 'claim' })
      assert.equal(state.plan.checkpoint, early)
      assert.equal(state.run?.attempt, run.attempt + 1)
      const resumed = await client.runs.get(state.run.id)
      assert.equal(resumed.restoredFrom?.checkpoint, early)
      assert.deepEqual(resumed.labels, labels)
      await assert.rejects(run.checkpoint({ step: 9, blobs: [] }), { code: 'ATTEMPT_FENCED' })
    })

    test('of a state that was asked for by its digest is of that state or fails', async (t) => {
      const { client, objects, save, options, restores } = await setUp(t, 'named')
      await save(1, put(objects, 'one', 'eu'))
      const blob = put(objects, 'two', 'eu')
      const checkpoint = await save(2, blob)
      rot(objects, blob)
      const plan = await client.recovery.plan({ job: 'named', checkpoint })
      await assert.rejects(restore(plan, options), { code: 'BLOB_CORRUPT' })
      assert.equal((await restores()).length, 1)
    })

    test('tries no more states than it may, and reports each of them', async (t) => {
      const { client, objects, save, options, restores } = await setUp(t, 'bounded')
      for (let step = 1; step <= 4; step += 1) {
        const blob = put(objects, `state ${step}`, 'eu')
        await save(step, blob)
        rot(objects, blob)
      }
      const plan = await client.recovery.plan({ job: 'bounded' })
      await assert.rejects(restore(plan, { ...options, candidates: 2 }), { code: 'BLOB_CORRUPT' })
      assert.equal((await restores()).length, 2)
      const next = await client.recovery.plan({ job: 'bounded' })
      assert.equal(next.step, 2)
      // Nothing is left in the end, and the error is that of the last state.
      await assert.rejects(restore(next, options), { code: 'BLOB_CORRUPT' })
      await assert.rejects(client.recovery.plan({ job: 'bounded' }), { code: 'NO_GOOD_CHECKPOINT' })
      await assert.rejects(restore(plan, { ...options, candidates: 0 }), { code: 'CONFIG_INVALID' })
    })

    test('does not fail because the catalog is away, and is cancelled by its signal', async (t) => {
      const { client, objects, save, options, restores } = await setUp(t, 'alone')
      await save(1, put(objects, 'whole', 'eu'))
      const plan = await client.recovery.plan({ job: 'alone' })
      const away = new CatalogClient({
        url: 'http://localhost',
        namespace: 'airline',
        token: 't',
        retries: 0,
        fetch: async () => {
          throw new TypeError('connection refused')
        },
      })
      const state = await restore(plan, { ...options, client: away })
      assert.equal(state.report, 'failed')
      const signal = AbortSignal.abort()
      const into = await makeFolder(t)
      await assert.rejects(restore(plan, { ...options, into, signal }), { code: 'ABORTED' })
      const [last] = await restores()
      assert.equal(last?.outcome, 'cancelled')
    })
  })
}
