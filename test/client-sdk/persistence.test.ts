import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Manifest } from '../../client-sdk/api.ts'
import { CatalogClient } from '../../client-sdk/client.ts'
import {
  openDiskReader,
  openSpool,
  openStaging,
  type StagingOptions,
} from '../../client-sdk/node.ts'
import { openS3Store } from '../../client-sdk/s3.ts'
import { FakeCatalog } from './fake-catalog.ts'
import { fakeFetch } from './fake-fetch.ts'
import { readAll, s3Fixture } from './s3-fixture.ts'
import { makeFolder } from './spool-fixture.ts'

const { double, newBucket } = await s3Fixture()
const identity = { run: 'r', job: 'j', partition: '', attempt: 1 }

const contentsOf = (step: number) => [
  { name: 'state', content: Buffer.from(`the state of step ${step}`) },
]

async function setUp(t: TestContext, bounds: Partial<StagingOptions> = {}) {
  const directory = await makeFolder(t)
  const options = { ...newBucket(), retries: 0 }
  const server = new FakeCatalog()
  const open = async () => {
    const spool = await openSpool({ directory })
    const { fetch, requests } = fakeFetch(server.respond)
    const catalog = new CatalogClient({
      url: 'http://catalog.test',
      namespace: 'n',
      token: 't',
      random: () => 0,
      fetch,
      spool,
      store: await openS3Store(options),
      staging: openStaging({ spool, ...bounds }),
    })
    t.after(async () => {
      await catalog.close()
      await spool.close()
    })
    return { spool, catalog, requests, run: catalog.runs.handle(identity) }
  }
  const manifests = (): readonly Manifest[] =>
    server.bodies.map((body) => Object(JSON.parse(body)).manifest)
  return { directory, options, server, open, manifests, ...(await open()) }
}

/** Waits until the store was asked so often. */
async function untilPut(count: number): Promise<void> {
  while (double.traffic.count('PutObject') < count) await delay(2)
}

/** Waits until nobody uploads. */
async function untilIdle(directory: string): Promise<void> {
  const isBusy = (name: string): boolean => name.endsWith('.lease')
  while ((await readdir(join(directory, 'staged'))).some(isBusy)) await delay(2)
}

describe('a sync checkpoint', () => {
  it('is registered when its contents are in the store', async (t) => {
    const { run, manifests, catalog } = await setUp(t)
    const result = await run.checkpoint({ step: 1, contents: contentsOf(1) })
    assert.equal(result.status, 'registered')
    const [manifest] = manifests()
    assert.equal(manifest?.persistence, 'sync')
    assert.match(manifest.shards[0]?.blobs[0]?.uri ?? '', /^s3:/)
    assert.ok(manifest.timing?.durableAt !== undefined && manifest.timing.stagedAt === undefined)
    await catalog.close()
  })

  it('needs a store, and the others a staging', async () => {
    const catalog = new CatalogClient({ url: 'http://catalog.test', namespace: 'n', token: 't' })
    const run = catalog.runs.handle(identity)
    const contents = contentsOf(1)
    const invalid = { code: 'CONFIG_INVALID' }
    await assert.rejects(run.checkpoint({ step: 1, contents }), invalid)
    await assert.rejects(run.checkpoint({ step: 1, contents, persistence: 'async' }), invalid)
    await assert.rejects(run.checkpoint({ step: 1, contents, persistence: 'hybrid' }), invalid)
  })
})

describe('an async checkpoint', () => {
  it('returns before its upload, and is registered after it, in order', async (t) => {
    const { run, manifests, server, spool } = await setUp(t)
    double.faults.add({ kind: 'delay', ms: 100 }, { operation: 'PutObject', times: 1 })
    for (const step of [1, 2, 3]) {
      const contents = contentsOf(step)
      const result = await run.checkpoint({ step, contents, persistence: 'async' })
      assert.equal(result.status, 'staged')
    }
    assert.deepEqual(server.steps, [])
    assert.equal((await spool.status()).stagedCount, 3)
    await run.flush()
    assert.deepEqual(server.steps, [1, 2, 3])
    assert.equal((await spool.status()).stagedCount, 0)
    for (const { timing, persistence, shards } of manifests()) {
      assert.equal(persistence, 'async')
      assert.ok((timing?.stagedAt ?? '') < (timing?.durableAt ?? ''))
      assert.match(shards[0]?.blobs[0]?.uri ?? '', /^s3:/)
    }
  })

  it('comes before a sync one of a later step', async (t) => {
    const { run, server } = await setUp(t)
    double.faults.add({ kind: 'delay', ms: 50 }, { operation: 'PutObject', times: 1 })
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    await run.checkpoint({ step: 2 })
    assert.deepEqual(server.steps, [1, 2])
  })

  it('waits while too many are staged', async (t) => {
    const { run, server, spool } = await setUp(t, { maxCheckpoints: 2 })
    double.faults.add({ kind: 'delay', ms: 50 }, { operation: 'PutObject' })
    for (const step of [1, 2, 3, 4, 5]) {
      await run.checkpoint({ step, contents: contentsOf(step), persistence: 'async' })
      assert.ok(server.steps.length >= step - 2, `step ${step} did not wait`)
      assert.ok((await spool.status()).stagedCount <= 2)
    }
    await run.flush()
    assert.deepEqual(server.steps, [1, 2, 3, 4, 5])
  })

  it('waits while too many bytes are staged', async (t) => {
    const { run, server } = await setUp(t, { maxBytes: 1 })
    double.faults.add({ kind: 'delay', ms: 50 }, { operation: 'PutObject' })
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    await run.checkpoint({ step: 2, contents: contentsOf(2), persistence: 'async' })
    assert.deepEqual(server.steps, [1])
  })

  it('whose upload failed is told by the next call, once, and goes on after it', async (t) => {
    const { run, server, directory } = await setUp(t)
    const denied = double.faults.add(
      { kind: 'error', code: 'AccessDenied' },
      { operation: 'PutObject' },
    )
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    await untilPut(1)
    await untilIdle(directory)
    const next = () => run.checkpoint({ step: 2, contents: contentsOf(2), persistence: 'async' })
    await assert.rejects(next(), { code: 'BUCKET_ACCESS_DENIED' })
    denied.lift()
    await next()
    await run.flush()
    assert.deepEqual(server.steps, [1, 2])
  })

  it('whose upload failed is told by close, and the run stays open until it is there', async (t) => {
    const { run, server } = await setUp(t)
    const denied = double.faults.add(
      { kind: 'error', code: 'AccessDenied' },
      { operation: 'PutObject' },
    )
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    await assert.rejects(run.close('succeeded'), { code: 'BUCKET_ACCESS_DENIED' })
    denied.lift()
    await run.close('succeeded')
    assert.deepEqual(server.steps, [1])
  })

  it('is uploaded again when the store was away for a moment', async (t) => {
    const { run, server } = await setUp(t)
    double.faults.add({ kind: 'error', code: 'SlowDown' }, { operation: 'PutObject', times: 1 })
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    await run.flush()
    assert.deepEqual(server.steps, [1])
  })

  it('waits for the catalog in the spool, and its bytes are sent once', async (t) => {
    const { run, server, spool } = await setUp(t)
    server.mode = 'down'
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    while ((await spool.status()).stagedCount > 0) await delay(5)
    assert.equal((await spool.status()).waitingCount, 1)
    server.mode = 'up'
    await run.flush()
    assert.deepEqual(server.steps, [1])
    assert.equal(double.traffic.count('PutObject'), 1)
  })

  it('of a fenced attempt is refused, and the bytes of those after it are not sent', async (t) => {
    const { run, server, spool, directory } = await setUp(t)
    server.mode = 'fenced'
    const slow = double.faults.add({ kind: 'delay', ms: 50 }, { operation: 'PutObject' })
    for (const step of [1, 2]) {
      await run.checkpoint({ step, contents: contentsOf(step), persistence: 'async' })
    }
    await run.flush().catch(() => undefined)
    slow.lift()
    assert.equal(double.traffic.count('PutObject'), 1)
    const { refusedCount, stagedCount } = await spool.status()
    assert.deepEqual([refusedCount, stagedCount], [1, 1])
    const [folder] = await readdir(join(directory, 'staged'))
    const problem = await readFile(join(directory, 'staged', folder ?? '', 'problem.json'), 'utf8')
    assert.equal(JSON.parse(problem).code, 'ATTEMPT_FENCED')
    const next = run.checkpoint({ step: 3, contents: contentsOf(3), persistence: 'async' })
    await assert.rejects(next, { code: 'ATTEMPT_FENCED' })
  })

  it('whose bytes rot on the disk is set aside and never registered', async (t) => {
    const { run, server, spool, directory, catalog, open } = await setUp(t)
    double.faults.add({ kind: 'error', code: 'AccessDenied' }, { operation: 'PutObject' })
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    await assert.rejects(run.flush(), { code: 'BUCKET_ACCESS_DENIED' })
    await catalog.close()
    double.faults.clear()
    const [folder = ''] = await readdir(join(directory, 'staged'))
    await writeFile(join(directory, 'staged', folder, '0.blob'), 'something else')
    const later = await open()
    await later.run.flush()
    await assert.rejects(later.run.checkpoint({ step: 2 }), { code: 'BLOB_CORRUPT' })
    assert.deepEqual(server.steps, [])
    assert.equal((await spool.status()).stagedCount, 1)
  })

  it('of a process that was killed is uploaded before the next attempt is opened', async (t) => {
    const { directory, options, server, open, manifests } = await setUp(t)
    double.faults.add({ kind: 'hang' }, { operation: 'PutObject' })
    const { random: _, ...rest } = options
    const task = JSON.stringify({ directory, options: rest, steps: [1, 2] })
    const child = spawn(process.execPath, [join(import.meta.dirname, 'staging-child.ts'), task], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    double.faults.clear()
    const { catalog, requests, spool } = await open()
    await catalog.runs.resume({ job: 'j' })
    assert.deepEqual(server.steps, [1, 2])
    assert.deepEqual(
      requests.map(({ url }) => url.pathname.split('/').at(-1)),
      ['checkpoints', 'checkpoints', 'runs'],
    )
    assert.deepEqual(
      manifests().map((manifest) => manifest.shards[0]?.blobs[0]?.sizeBytes),
      [15, 15],
    )
    assert.equal((await spool.status()).stagedCount, 0)
  })

  it('that was uploaded and not registered when the process ended keeps its versions', async (t) => {
    const { server, open, manifests, directory, options } = await setUp(t)
    server.mode = 'down'
    const spool = await openSpool({ directory })
    const unspooled = new CatalogClient({
      url: 'http://catalog.test',
      namespace: 'n',
      token: 't',
      fetch: fakeFetch(server.respond).fetch,
      store: await openS3Store(options),
      staging: openStaging({ spool }),
    })
    const run = unspooled.runs.handle(identity)
    await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'async' })
    const [folder = ''] = await readdir(join(directory, 'staged'))
    while (!existsSync(join(directory, 'staged', folder, 'manifest.json'))) await delay(2)
    await unspooled.close()
    server.mode = 'up'
    await (await open()).run.flush()
    assert.equal(manifests().length, 1)
    assert.equal(double.traffic.count('PutObject'), 1)
  })

  it('with contents that break off leaves nothing staged, and the error is its own', async (t) => {
    const { run, spool } = await setUp(t)
    async function* broken() {
      yield Buffer.from('x')
      throw new TypeError('the model is gone')
    }
    const contents = [{ name: 'state', content: broken() }]
    await assert.rejects(run.checkpoint({ step: 1, contents, persistence: 'async' }), TypeError)
    assert.equal((await spool.status()).stagedCount, 0)
  })
})

describe('a hybrid checkpoint', () => {
  it('is light at once, and durable later at the same step', async (t) => {
    const { run, manifests } = await setUp(t)
    double.faults.add({ kind: 'delay', ms: 50 }, { operation: 'PutObject' })
    const result = await run.checkpoint({ step: 1, contents: contentsOf(1), persistence: 'hybrid' })
    assert.equal(result.status, 'registered')
    assert.equal(manifests().length, 1)
    await run.flush()
    const [light, durable] = manifests()
    assert.deepEqual([light?.tier, durable?.tier], ['light', 'durable'])
    assert.deepEqual([light?.step, durable?.step], [1, 1])
    const [lightBlob] = light?.shards[0]?.blobs ?? []
    const [durableBlob] = durable?.shards[0]?.blobs ?? []
    assert.ok(lightBlob !== undefined && durableBlob !== undefined)
    assert.equal(lightBlob.digest, durableBlob.digest)
    assert.equal((await readAll(openDiskReader(), lightBlob)).toString(), 'the state of step 1')
    assert.match(durableBlob.uri, /^s3:/)
  })

  it('waits for the durable copy of the one before, so that steps grow', async (t) => {
    const { run, manifests } = await setUp(t)
    double.faults.add({ kind: 'delay', ms: 50 }, { operation: 'PutObject' })
    for (const step of [1, 2]) {
      await run.checkpoint({ step, contents: contentsOf(step), persistence: 'hybrid' })
    }
    await run.flush()
    assert.deepEqual(
      manifests().map(({ step, tier }) => `${step} ${tier}`),
      ['1 light', '1 durable', '2 light', '2 durable'],
    )
  })
})
