import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BlobReference } from '../../client-sdk/api.ts'
import { CatalogClient } from '../../client-sdk/client.ts'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { FakeClock, settle } from './fake-clock.ts'
import { fakeFetch, json, problem, type Respond } from './fake-fetch.ts'

const open = { reservation: 'v', run: 'r', step: 1, worldSize: 2, state: 'open', leaseSeconds: 30 }

const blobOf = (name: string): BlobReference => ({
  name,
  uri: `s3://states/${name}`,
  versionId: 'v1',
  sizeBytes: name.length,
  digest: digestOf(name),
})

async function openFake(respond: Respond) {
  const clock = new FakeClock()
  const { fetch, requests } = fakeFetch((request, index) =>
    request.method === 'GET' ? json(open) : respond(request, index),
  )
  const options = { url: 'https://catalog.test', namespace: 'flights', token: 't', clock, fetch }
  const handle = await new CatalogClient(options).reservations.open('v')
  const sent = (): readonly string[] =>
    requests.map(({ url }) => url.pathname.split('/').at(-1) ?? '')
  return { clock, handle, sent }
}

describe('a reservation’s handle', () => {
  it('gives three signs of life in the length of a lease, until it is closed', async () => {
    const { clock, handle, sent } = await openFake(() => json({}))
    await clock.pass(30_500)
    assert.deepEqual(sent(), ['v', 'keep-alive', 'keep-alive', 'keep-alive'])
    await handle.close()
    assert.equal(clock.sleeperCount, 0)
  })

  it('goes on after a failure that may pass, and ends with a refusal, which it tells', async () => {
    const { clock, handle, sent } = await openFake((_, index) =>
      index < 2 ? problem(503, 'OVERLOADED') : problem(409, 'RESERVATION_EXPIRED'),
    )
    await clock.pass(60_000)
    assert.equal(handle.lost.aborted, true)
    assert.equal(handle.lost.reason.code, 'RESERVATION_EXPIRED')
    const count = sent().length
    await clock.pass(60_000)
    assert.equal(sent().length, count)
    assert.equal(clock.sleeperCount, 0)
  })

  it('finalizes with the last shard, unless it is told not to', async () => {
    const { clock, handle, sent } = await openFake((request) =>
      request.method === 'PUT' ? json({ complete: true }) : json({ checkpoint: 'c' }, 201),
    )
    const waiting = await handle.putShard(0, {}, { finalize: false })
    assert.equal(waiting.status, 'waiting')
    const result = await handle.putShard(1, { blobs: [blobOf('a')] })
    assert.ok(result.status === 'registered')
    assert.equal(result.checkpoint, 'c')
    assert.deepEqual(sent(), ['v', '0', '1', 'finalize'])
    await settle()
    assert.equal(clock.sleeperCount, 0)
  })
})

for (const dialect of dialects) {
  it(`workers that know the id alone assemble a checkpoint on ${dialect}`, async (t) => {
    const at = await openTestCatalog(dialect)
    t.after(() => at.close())
    const client = (): CatalogClient =>
      new CatalogClient({
        url: 'http://127.0.0.1',
        namespace: 'flights',
        token: at.token,
        fetch: at.fetch,
      })
    await client().namespaces.declare()
    const { run } = await client().runs.resume({ job: 'parallel' })
    await using reserved = await run.reserve(
      { step: 3, worldSize: 3, parameters: { rate: 0.5 } },
      { leaseSeconds: 30 },
    )
    const results = await Promise.all(
      [2, 0, 1].map(async (rank) => {
        await using handle = await client().reservations.open(reserved.id)
        return await handle.putShard(rank, {
          blobs: [blobOf(`${rank}.bin`)],
          seeds: [{ generator: 'numpy', seed: rank }],
        })
      }),
    )
    const registered = results.filter((result) => result.status === 'registered')
    assert.equal(registered.length, 1)
    const { checkpoint = 'sha256:' } = registered[0] ?? {}
    const { manifest } = await client().checkpoints.manifest(checkpoint)
    assert.deepEqual(
      manifest.shards.map(({ rank, blobs }) => [rank, blobs[0]?.name]),
      [0, 1, 2].map((rank) => [rank, `${rank}.bin`]),
    )
    assert.deepEqual(manifest.parameters, { rate: 0.5 })
    const latest = await client().recovery.latest({ job: 'parallel' })
    assert.equal(latest.checkpoint.checkpoint, checkpoint)
    assert.equal((await reserved.status()).state, 'finalized')
  })
}
