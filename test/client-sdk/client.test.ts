import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Manifest } from '../../client-sdk/api.ts'
import { CatalogClient } from '../../client-sdk/client.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import type { ClientOptions } from '../../client-sdk/options.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { operations } from '../../schema/operations.ts'
import { FakeClock } from './fake-clock.ts'
import { fakeFetch, json, type Respond } from './fake-fetch.ts'

const digest = digestOf('a')
const other = digestOf('b')

function setUp(respond: Respond, options: Partial<ClientOptions> = {}) {
  const { fetch, requests } = fakeFetch(respond)
  const catalog = new CatalogClient({
    url: 'https://catalog.test',
    namespace: 'flights',
    token: 't',
    clock: new FakeClock(),
    fetch,
    ...options,
  })
  return { catalog, requests }
}

const manifest: Manifest = {
  step: 3,
  schemaVersion: 1,
  namespace: 'flights',
  job: 'j',
  run: 'r',
  attempt: 1,
  kind: 'full',
  tier: 'durable',
  shards: [{ rank: 0, blobs: [] }],
}

/** As far as a handle looks at it. */
const reservation = { reservation: 'v', state: 'open', leaseSeconds: 3, worldSize: 1 }

describe('a client', () => {
  for (const { name, options, message } of [
    { name: 'an address that is none', options: { url: 'catalog' }, message: /"url"/ },
    { name: 'another protocol', options: { url: 'ftp://catalog.test' }, message: /"url"/ },
    { name: 'a query in the address', options: { url: 'http://c.test/?a' }, message: /query/ },
    { name: 'retries without end', options: { retries: 1_000 }, message: /"retries"/ },
    { name: 'half a retry', options: { retries: 0.5 }, message: /"retries"/ },
    { name: 'no time at all', options: { timeoutMs: 0 }, message: /"timeoutMs"/ },
    {
      name: 'endless time',
      options: { attemptTimeoutMs: Infinity },
      message: /"attemptTimeoutMs"/,
    },
    { name: 'no foreground', options: { foregroundMs: -1 }, message: /"foregroundMs"/ },
  ]) {
    it(`refuses ${name}`, () => {
      assert.throws(() => setUp(() => json({}), options), { code: 'CONFIG_INVALID', message })
    })
  }

  it('reaches every operation of the catalog', async () => {
    const clock = new FakeClock()
    const run = { run: 'r', job: 'j', partition: '', attempt: 1 }
    const respond: Respond = (request) =>
      request.url.pathname.endsWith('/entries')
        ? json({ items: [], size: 0 })
        : json({ items: [], next: null, results: [], run: {}, ...reservation })
    const { catalog, requests } = setUp(respond, { clock })
    const keptAlive = async (): Promise<void> => {
      const handle = await catalog.runs.handle(run).reserve({ step: 1, worldSize: 1 })
      await clock.pass(1_000)
      await handle.close()
    }
    const opened = await catalog.reservations.open('v')
    // What matters here is where a call goes; what it makes of this answer is tested elsewhere.
    const calls: readonly (() => Promise<unknown>)[] = [
      () => catalog.namespaces.declare(),
      () => catalog.namespaces.list().first(),
      () => catalog.jobs.declare('j'),
      () => catalog.jobs.get('j'),
      () => catalog.jobs.list().first(),
      () => catalog.policies.set('p', { rpoSeconds: 60 }),
      () => catalog.policies.get('p'),
      () => catalog.policies.list().first(),
      () =>
        catalog.formats.publish('f', '1', {
          schema: { type: 'object' },
          compatibility: 'none',
          changelog: 'c',
          recovery: { uri: 'u', digest },
        }),
      () => catalog.formats.get('f', '1'),
      () => catalog.formats.versions('f').first(),
      () => catalog.formats.list().first(),
      () => catalog.environments.record({ schemaVersion: 1, sections: {} }),
      () => catalog.environments.get(digest),
      () => catalog.runs.get('r'),
      () => catalog.runs.list().first(),
      () => catalog.runs.resume({ job: 'j' }),
      () => catalog.runs.handle(run).close('succeeded'),
      () => catalog.checkpoints.register(manifest),
      () => catalog.checkpoints.registerAll([manifest]),
      () => catalog.checkpoints.list().first(),
      () => catalog.checkpoints.get(digest),
      () => catalog.checkpoints.manifest(digest),
      () => catalog.checkpoints.history(digest).first(),
      () =>
        catalog.checkpoints.recordEvidence(digest, {
          finding: 'verified',
          outcome: 'passed',
          method: 'm',
        }),
      () => catalog.checkpoints.tombstone(digest, { reason: 'corrupt' }),
      () => catalog.retention.run({ dryRun: true }),
      () => catalog.retention.sweep({ dryRun: true }),
      () => catalog.retention.runs().first(),
      () => catalog.retention.decisions('x').first(),
      () => catalog.reservations.list().first(),
      () => catalog.reservations.shards('v').first(),
      () => opened.putShard(0, {}),
      () => opened.finalize(),
      () => opened.abandon(),
      keptAlive,
      () => catalog.holds.place(digest, 'h', { reason: 'r' }),
      () => catalog.holds.lift(digest, 'h'),
      () => catalog.holds.list(digest).first(),
      () => catalog.recovery.latest({ job: 'j' }),
      () => catalog.recovery.plan({ job: 'j' }),
      () => catalog.recovery.coverage({ job: 'j', from: 'a', to: 'b' }).first(),
      () => catalog.recovery.previewRewind({ job: 'j', to: digest }),
      () => catalog.recovery.issueToken({ job: 'j' }),
      () => catalog.recovery.exchangeToken('t'),
      () => catalog.recovery.openRestore({ checkpoint: digest, ownership: 'no-claim' }),
      () =>
        catalog.recovery.closeRestore('x', {
          outcome: 'succeeded',
          checked: true,
          bytes: 1,
          durationMs: 1,
        }),
      () => catalog.recovery.restores().first(),
      () => catalog.recovery.acknowledgeDrift({ checkpoint: digest, caller: {}, note: 'n' }),
      () => catalog.drills.plan({ faults: [{ fault: 'checkpoint-corrupt', checkpoint: digest }] }),
      () =>
        catalog.drills.recordRehearsal({
          job: 'j',
          checkpoint: digest,
          outcome: 'failed',
          durationMs: 1,
          bytes: 0,
        }),
      () => catalog.drills.due().first(),
      () => catalog.lineage.of(digest),
      () => catalog.lineage.compare(digest, other),
      () => catalog.lineage.replayability(digest),
      () => catalog.lineage.line('r').first(),
      () => catalog.lineage.compareRuns('r', 's').first(),
      () => catalog.log.entries().first(),
      () => catalog.log.head(),
      () => catalog.log.tiles().read('tile/0/000'),
      () => catalog.log.inclusion({ index: 0, size: 1 }),
      () => catalog.log.consistency({ from: 1, to: 2 }),
      () => catalog.log.keys(),
      () => catalog.log.receipt(digest),
      () => catalog.accessLog.records().first(),
      () => catalog.checkpoints.verify(digest, 'present'),
      () => catalog.buckets.list(),
      () => catalog.buckets.probe('disk'),
      () => catalog.buckets.reconcile('disk'),
    ]
    for (const call of calls) await call().catch(() => undefined)
    const fill: Readonly<Record<string, string>> = {
      namespace: 'flights',
      job: 'j',
      run: 'r',
      against: 's',
      reservation: 'v',
      rank: '0',
      policy: 'p',
      format: 'f',
      version: '1',
      hold: 'h',
      retentionRun: 'x',
      restore: 'x',
      digest,
      other,
      tile: '0/000',
      bucket: 'disk',
    }
    const served = Object.values(operations).map(
      ({ method, path }) =>
        `${method} ${path.replaceAll(/\{(\w+)\}/g, (_, member: string) => fill[member] ?? '')}`,
    )
    const environment = digestOf('{"schemaVersion":1,"sections":{}}')
    const sent = requests.map((request) =>
      `${request.method} ${request.url.pathname}`.replace(environment, digest),
    )
    assert.deepEqual(sent.toSorted(), served.toSorted())
  })
})

describe('documents', () => {
  it('are registered as the exact canonical text', async () => {
    const receipt = { checkpoint: digestOf(canonicalize(manifest)), index: 1 }
    const { catalog, requests } = setUp(() => json(receipt, 201))
    assert.deepEqual(await catalog.checkpoints.register(manifest), receipt)
    assert.equal(requests[0]?.body, `{"manifest":${canonicalize(manifest)}}`)
    assert.equal(requests[0]?.headers.get('content-type'), 'application/json')
  })

  it('are recorded under their digest', async () => {
    const { catalog, requests } = setUp(() => json({}))
    const text = '{"schemaVersion":1,"sections":{"code":{"a":1,"b":2}}}'
    await catalog.environments.record({
      sections: { code: { b: 2, a: 1 } },
      schemaVersion: 1,
    })
    assert.equal(requests[0]?.body, text)
    assert.ok(requests[0]?.url.pathname.endsWith(`/environments/${digestOf(text)}`))
  })

  it('are given back with their exact bytes', async () => {
    const text = canonicalize(manifest)
    const { catalog } = setUp(() => new Response(text))
    const got = await catalog.checkpoints.manifest(digestOf(text))
    assert.deepEqual(got.manifest, manifest)
    assert.equal(new TextDecoder().decode(got.bytes), text)
  })

  it('are refused when the bytes that came are others', async () => {
    const { catalog } = setUp(() => json(manifest))
    await assert.rejects(catalog.checkpoints.manifest(digest), { code: 'DIGEST_MISMATCH' })
    await assert.rejects(catalog.environments.get(digest), { code: 'DIGEST_MISMATCH' })
  })

  it('are not sent with a value that no document can hold', async () => {
    const { catalog, requests } = setUp(() => json({}))
    const rate = Number.NaN
    await assert.rejects(catalog.checkpoints.register({ ...manifest, parameters: { rate } }), {
      code: 'NOT_CANONICAL',
    })
    assert.equal(requests.length, 0)
  })
})

describe('lists', () => {
  it('keep their filters across pages', async () => {
    const { catalog, requests } = setUp((_, index) =>
      json({ items: [{ step: index }], next: index < 2 ? `cursor-${index}` : null }),
    )
    const query = { job: 'j', tier: 'light', minStep: 0, tombstoned: false, limit: 1 } as const
    const found = await catalog.checkpoints.list(query).toArray({ limit: 10 })
    assert.equal(found.length, 3)
    assert.deepEqual(
      requests.map((request) => request.url.search),
      ['', '&cursor=cursor-0', '&cursor=cursor-1'].map(
        (cursor) => `?job=j&tier=light&minStep=0&tombstoned=false&limit=1${cursor}`,
      ),
    )
  })

  it('of entries go on after the last one seen, to the end of the log', async () => {
    const entries = [0, 1, 2, 3, 4].map((index) => ({ index }))
    const { catalog, requests } = setUp((request) => {
      const after = Number(request.url.searchParams.get('after') ?? -1)
      return json({ items: entries.slice(after + 1, after + 3), size: 5 })
    })
    const seen = await catalog.log.entries().toArray({ limit: 100 })
    assert.deepEqual(seen, entries)
    assert.equal(requests.length, 3)
    assert.deepEqual(await catalog.log.entries({ after: 4 }).toArray({ limit: 9 }), [])
  })
})
