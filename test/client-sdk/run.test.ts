import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CatalogClient } from '../../client-sdk/client.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { FakeCatalog } from './fake-catalog.ts'
import { FakeClock } from './fake-clock.ts'
import { fakeFetch } from './fake-fetch.ts'

const base = digestOf('base')
const identity = { run: 'r', job: 'j', partition: '2026-11-23', attempt: 3 }

function setUp() {
  const server = new FakeCatalog()
  const clock = new FakeClock()
  const { fetch, requests } = fakeFetch(server.respond)
  const catalog = new CatalogClient({
    url: 'http://catalog.test',
    namespace: 'n',
    token: 't',
    clock,
    fetch,
  })
  return { server, clock, catalog, requests, run: catalog.runs.handle(identity) }
}

function manifestIn(body: string | undefined): unknown {
  const { manifest } = Object(JSON.parse(body ?? '{}'))
  return manifest
}

describe('a run', () => {
  it('is opened from the latest good state when nothing else is asked', async () => {
    const { catalog, requests } = setUp()
    const { run, plan, skipped } = await catalog.runs.resume({ job: 'j', labels: { team: 'a' } })
    assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), {
      job: 'j',
      labels: { team: 'a' },
      resume: 'latest',
    })
    assert.deepEqual([run.id, run.job, run.partition, run.attempt], ['r', 'j', '', 1])
    assert.equal(run.namespace, 'n')
    assert.equal(plan, null)
    assert.deepEqual(skipped, [])
  })

  it('is opened on a new line or from an exact checkpoint when that is asked', async () => {
    const { catalog, requests } = setUp()
    await catalog.runs.resume({ job: 'j', resume: 'none' })
    await catalog.runs.resume({ job: 'j', resume: base })
    assert.deepEqual(
      requests.map((request) => Object(JSON.parse(request.body ?? ''))['resume']),
      ['none', base],
    )
  })

  it('takes no more checkpoints once it is closed', async () => {
    const { run, requests } = setUp()
    await run.close('failed', 'the disk is full')
    assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), {
      outcome: 'failed',
      note: 'the disk is full',
    })
    await assert.rejects(run.checkpoint({ step: 1 }), { code: 'RUN_CLOSED' })
    assert.equal(requests.length, 1)
  })
})

describe('a checkpoint', () => {
  it('is registered with the facts of its run', async () => {
    const { run, requests } = setUp()
    const blob = {
      name: 'model.bin',
      uri: 's3://b/k',
      versionId: 'v1',
      sizeBytes: 3,
      digest: digestOf('abc'),
    }
    const seeds = [{ generator: 'numpy.pcg64', seed: 7 }]
    const result = await run.checkpoint({ step: 5, blobs: [blob], seeds, parameters: { lr: 0.1 } })
    const body = requests[0]?.body ?? ''
    const text = body.slice('{"manifest":'.length, -1)
    assert.deepEqual(manifestIn(body), {
      schemaVersion: 1,
      namespace: 'n',
      job: 'j',
      run: 'r',
      attempt: 3,
      partition: '2026-11-23',
      step: 5,
      kind: 'full',
      tier: 'durable',
      shards: [{ rank: 0, blobs: [blob], seeds }],
      parameters: { lr: 0.1 },
    })
    assert.equal(result.status, 'registered')
    assert.equal(result.checkpoint, digestOf(text))
    assert.ok(result.status === 'registered' && result.receipt.checkpoint === result.checkpoint)
  })

  it('that names a base is a delta', async () => {
    const { run, requests } = setUp()
    await run.checkpoint({ step: 1, base, tier: 'light' })
    const manifest = Object(manifestIn(requests[0]?.body))
    assert.deepEqual([manifest.kind, manifest.base, manifest.tier], ['delta', base, 'light'])
  })

  it('of several workers lists their shards', async () => {
    const { run, requests } = setUp()
    const shards = [0, 1].map((rank) => ({ rank, blobs: [] }))
    await run.checkpoint({ step: 1, shards, worldSize: 2 })
    const manifest = Object(manifestIn(requests[0]?.body))
    assert.deepEqual([manifest.shards, manifest.worldSize], [shards, 2])
  })

  it('of a job without partitions has no partition', async () => {
    const { catalog, requests } = setUp()
    await catalog.runs.handle({ ...identity, partition: '' }).checkpoint({ step: 0 })
    assert.equal('partition' in Object(manifestIn(requests[0]?.body)), false)
  })

  it("was made in the run's environment unless it says otherwise", async () => {
    const { catalog, requests } = setUp()
    const { run } = await catalog.runs.resume({ job: 'j', environment: digestOf('env') })
    await run.checkpoint({ step: 1 })
    await run.checkpoint({ step: 2, environment: digestOf('other') })
    assert.deepEqual(
      requests.slice(1).map((request) => Object(manifestIn(request.body)).environment),
      [digestOf('env'), digestOf('other')],
    )
  })

  it('drops members that are undefined', async () => {
    const { run, requests } = setUp()
    const loose: { step: number } = Object.assign(
      { step: 1 },
      { labels: undefined, base: undefined },
    )
    await run.checkpoint(loose)
    assert.deepEqual(Object.keys(Object(manifestIn(requests[0]?.body))).toSorted(), [
      'attempt',
      'job',
      'kind',
      'namespace',
      'partition',
      'run',
      'schemaVersion',
      'shards',
      'step',
      'tier',
    ])
  })

  for (const { name, input, code } of [
    { name: 'a negative step', input: { step: -1 }, code: 'INVALID_REQUEST' },
    { name: 'half a step', input: { step: 0.5 }, code: 'INVALID_REQUEST' },
    { name: 'a delta without a base', input: { step: 1, kind: 'delta' }, code: 'BASE_REQUIRED' },
    {
      name: 'a full one with a base',
      input: { step: 1, kind: 'full', base },
      code: 'BASE_REQUIRED',
    },
    {
      name: 'shards and blobs together',
      input: { step: 1, shards: [], blobs: [] },
      code: 'INVALID_REQUEST',
    },
    {
      name: 'a parameter that is not a number',
      input: { step: 1, parameters: { rate: Number.NaN } },
      code: 'NOT_CANONICAL',
    },
  ] as const) {
    it(`is refused before it is sent with ${name}`, async () => {
      const { run, requests } = setUp()
      await assert.rejects(run.checkpoint(input), { code })
      assert.equal(requests.length, 0)
    })
  }

  it('throws what the catalog says without a spool', async () => {
    const { run, server, clock } = setUp()
    server.mode = 'fenced'
    await assert.rejects(run.checkpoint({ step: 1 }), { code: 'ATTEMPT_FENCED' })
    server.mode = 'down'
    await assert.rejects(clock.run(run.checkpoint({ step: 1 })), { code: 'CONNECTION_FAILED' })
    server.mode = 'captive'
    await assert.rejects(run.checkpoint({ step: 1 }), { code: 'DIGEST_MISMATCH' })
  })

  it('is registered after those that were asked before it', async () => {
    const { run, server } = setUp()
    await Promise.all([1, 2, 3, 4].map((step) => run.checkpoint({ step })))
    assert.deepEqual(server.steps, [1, 2, 3, 4])
  })

  it('does not wait in an endless line', async () => {
    const { run, server } = setUp()
    const results = await Promise.allSettled(
      Array.from({ length: 65 }, (_, step) => run.checkpoint({ step })),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    assert.equal(refused.length, 1)
    assert.equal(Object(refused[0]?.reason).code, 'OVERLOADED')
    assert.equal(server.steps.length, 64)
  })
})
