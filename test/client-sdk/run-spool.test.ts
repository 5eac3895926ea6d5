import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CatalogClient } from '../../client-sdk/client.ts'
import type { SpoolEvent } from '../../client-sdk/hooks.ts'
import type { ClientOptions } from '../../client-sdk/options.ts'
import { FakeCatalog } from './fake-catalog.ts'
import { FakeClock, settle } from './fake-clock.ts'
import { fakeFetch } from './fake-fetch.ts'
import { MemorySpool } from './memory-spool.ts'

const identity = { run: 'r', job: 'j', partition: '', attempt: 1 }

function setUp(options: Partial<ClientOptions> & { readonly maxRecords?: number } = {}) {
  const { maxRecords, ...rest } = options
  const server = new FakeCatalog()
  const clock = new FakeClock()
  const spool = new MemorySpool(maxRecords)
  const { fetch, requests } = fakeFetch(server.respond)
  const events: SpoolEvent[] = []
  const catalog = new CatalogClient({
    url: 'http://catalog.test',
    namespace: 'n',
    token: 't',
    random: () => 0,
    hooks: { onSpool: (event) => void events.push(event) },
    spool,
    clock,
    fetch,
    ...rest,
  })
  const run = catalog.runs.handle(identity)
  return { server, clock, spool, requests, events, catalog, run }
}

describe('a checkpoint with a spool', () => {
  it('is durable in the spool before it is sent', async () => {
    const { run, spool, server, events } = setUp()
    const result = await run.checkpoint({ step: 1 })
    assert.equal(result.status, 'registered')
    assert.equal(spool.appended.length, 1)
    assert.equal(spool.waiting.length, 0)
    assert.equal(server.bodies[0], `{"manifest":${spool.appended[0]?.manifest}}`)
    assert.deepEqual(
      events.map((event) => event.kind),
      ['kept', 'registered'],
    )
  })

  it('waits when the catalog is down, and the job goes on', async () => {
    const { run, spool, server, clock } = setUp()
    server.mode = 'down'
    const result = await clock.run(run.checkpoint({ step: 1 }))
    assert.equal(result.status, 'spooled')
    assert.equal(result.status === 'spooled' && result.reason?.code, 'CONNECTION_FAILED')
    assert.equal(spool.waiting.length, 1)
  })

  it('waits no longer than the foreground may when the catalog is silent', async () => {
    const { run, server, clock } = setUp()
    server.mode = 'silent'
    const start = clock.now()
    assert.equal((await clock.run(run.checkpoint({ step: 1 }))).status, 'spooled')
    assert.equal(clock.now() - start, 2_000)
  })

  it('leaves the network alone after a failure', async () => {
    const { run, server, clock, requests } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    const asked = requests.length
    const start = clock.now()
    for (const step of [2, 3, 4]) assert.equal((await run.checkpoint({ step })).status, 'spooled')
    assert.equal(requests.length, asked)
    assert.equal(clock.now(), start)
  })

  it('does not wait for a probe in the background', async () => {
    const { run, server, clock, spool } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    server.mode = 'silent'
    await clock.pass(1_000)
    const start = clock.now()
    assert.equal((await run.checkpoint({ step: 2 })).status, 'spooled')
    assert.equal(clock.now(), start)
    assert.equal(spool.waiting.length, 2)
  })

  it('is sent in the background, in order, once the catalog is back', async () => {
    const { run, server, clock, spool } = setUp()
    server.mode = 'down'
    for (const step of [1, 2, 3]) await clock.run(run.checkpoint({ step }))
    server.mode = 'up'
    await clock.pass(1_000)
    assert.deepEqual(server.steps, [1, 2, 3])
    assert.equal(spool.waiting.length, 0)
    assert.equal((await run.checkpoint({ step: 4 })).status, 'registered')
    assert.deepEqual(server.steps, [1, 2, 3, 4])
  })

  it('sends what another process left behind before itself', async () => {
    const { run, server, spool } = setUp()
    const old = setUp()
    old.server.mode = 'down'
    await old.clock.run(old.run.checkpoint({ step: 1 }))
    spool.waiting.push(...old.spool.waiting)
    assert.equal((await run.checkpoint({ step: 2 })).status, 'registered')
    assert.deepEqual(server.steps, [1, 2])
  })

  it('is probed for after one second, doubling up to thirty', async () => {
    const { run, server, clock, requests } = setUp({ retries: 0 })
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    const gaps: number[] = []
    let before = clock.now()
    for (let probes = 0; probes < 8; probes += 1) {
      const asked = requests.length
      while (requests.length === asked) await clock.pass(1_000)
      gaps.push((clock.now() - before) / 1_000)
      before = clock.now()
    }
    assert.deepEqual(gaps, [1, 2, 4, 8, 16, 30, 30, 30])
  })

  it('throws the refusal of this very record', async () => {
    const { run, server, spool } = setUp()
    server.mode = 'fenced'
    await assert.rejects(run.checkpoint({ step: 1 }), {
      code: 'ATTEMPT_FENCED',
      message: 'ATTEMPT_FENCED happened.',
    })
    assert.equal(spool.refused.length, 1)
  })

  it('throws, once, the refusal that came up in the background', async () => {
    const { run, server, clock, events } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    server.mode = 'fenced'
    await clock.pass(1_000)
    assert.equal(events.at(-1)?.kind, 'refused')
    server.mode = 'up'
    await assert.rejects(run.checkpoint({ step: 2 }), { code: 'ATTEMPT_FENCED' })
    assert.equal((await run.checkpoint({ step: 3 })).status, 'registered')
  })

  it('throws no refusal of another run', async () => {
    const { catalog, run, server, clock } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    server.mode = 'fenced'
    await clock.pass(1_000)
    server.mode = 'up'
    const other = catalog.runs.handle({ ...identity, run: 'other', attempt: 2 })
    assert.equal((await other.checkpoint({ step: 2 })).status, 'registered')
  })

  for (const mode of ['unauthorized', 'captive'] as const) {
    it(`waits, and is not set aside, when the answer is about the caller (${mode})`, async () => {
      const { run, server, spool, clock } = setUp()
      server.mode = mode
      const result = await run.checkpoint({ step: 1 })
      assert.equal(result.status, 'spooled')
      assert.equal(
        result.status === 'spooled' && result.reason?.code,
        mode === 'captive' ? 'DIGEST_MISMATCH' : 'TOKEN_EXPIRED',
      )
      assert.equal(spool.refused.length, 0)
      server.mode = 'up'
      await clock.pass(1_000)
      assert.deepEqual(server.steps, [1])
    })
  }

  it('waits when another process drains the spool', async () => {
    const { run, spool, server, clock } = setUp()
    spool.locked = true
    const result = await run.checkpoint({ step: 1 })
    assert.equal(result.status === 'spooled' && result.reason?.code, 'SPOOL_LOCKED')
    spool.locked = false
    await clock.pass(1_000)
    assert.deepEqual(server.steps, [1])
  })

  it('that finds the spool full is dropped, and the next that is kept says so', async () => {
    const { run, server, clock, spool } = setUp({ maxRecords: 1 })
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    const results = [await run.checkpoint({ step: 2 }), await run.checkpoint({ step: 3 })]
    assert.deepEqual(
      results.map((result) => result.status === 'dropped' && result.gap),
      [
        { count: 1, firstStep: 2, lastStep: 2 },
        { count: 2, firstStep: 2, lastStep: 3 },
      ],
    )
    server.mode = 'up'
    await clock.pass(1_000)
    assert.equal((await run.checkpoint({ step: 4 })).status, 'registered')
    assert.match(
      spool.appended.at(-1)?.manifest ?? '',
      /"gap":\{"count":2,"firstStep":2,"lastStep":3\}/,
    )
    await run.checkpoint({ step: 5 })
    assert.doesNotMatch(spool.appended.at(-1)?.manifest ?? '', /"gap"/)
  })

  it('is not lost to the caller when it comes while a drain is under way', async () => {
    const { catalog, server, clock } = setUp()
    const runs = ['a', 'b', 'c'].map((job) => catalog.runs.handle({ ...identity, run: job, job }))
    const results = await clock.run(Promise.all(runs.map((run) => run.checkpoint({ step: 1 }))))
    assert.deepEqual(
      results.map((result) => result.status),
      ['registered', 'registered', 'registered'],
    )
    assert.equal(server.steps.length, 3)
  })

  it('that the caller aborts stays in the spool', async () => {
    const { run, server, spool } = setUp()
    server.mode = 'silent'
    const controller = new AbortController()
    const result = run.checkpoint({ step: 1 }, { signal: controller.signal })
    await settle()
    controller.abort()
    assert.equal((await result).status, 'spooled')
    assert.equal(spool.waiting.length, 1)
  })
})

describe('closing a run with a spool', () => {
  it('sends what waits first', async () => {
    const { run, server, clock, requests } = setUp()
    server.mode = 'down'
    for (const step of [1, 2]) await clock.run(run.checkpoint({ step }))
    server.mode = 'up'
    await run.close('succeeded')
    assert.deepEqual(server.steps, [1, 2])
    assert.ok(requests.at(-1)?.url.pathname.endsWith('/runs/r/close'))
  })

  it('waits for a catalog that comes back in time', async () => {
    const { run, server, clock } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    const closed = run.close('succeeded')
    const comeBack = async () => {
      await clock.sleep(5_000)
      server.mode = 'up'
    }
    await clock.run(Promise.all([closed, comeBack()]))
    assert.deepEqual(server.steps, [1])
  })

  it('says how many records wait when the catalog stays away', async () => {
    const { run, server, clock } = setUp()
    server.mode = 'down'
    for (const step of [1, 2]) await clock.run(run.checkpoint({ step }))
    const start = clock.now()
    await assert.rejects(clock.run(run.close('succeeded')), {
      code: 'DEADLINE_EXCEEDED',
      message: /2 records wait in the spool.*`cairn spool flush`/,
    })
    assert.equal(clock.now() - start, 30_000)
  })

  it('throws the refusal that it meets', async () => {
    const { run, server, clock } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    server.mode = 'fenced'
    await assert.rejects(clock.run(run.close('succeeded')), { code: 'ATTEMPT_FENCED' })
  })
})

describe('flushing', () => {
  it('says what it did', async () => {
    const { catalog, run, server, clock } = setUp()
    server.mode = 'down'
    for (const step of [1, 2]) await clock.run(run.checkpoint({ step }))
    server.mode = 'up'
    assert.deepEqual(await catalog.flush(), { sentCount: 2, refusedCount: 0 })
    assert.deepEqual(await catalog.flush(), { sentCount: 0, refusedCount: 0 })
  })

  it('waits until another process has drained', async () => {
    const { catalog, spool, clock } = setUp()
    spool.locked = true
    const unlock = async () => {
      await clock.sleep(3_000)
      spool.locked = false
    }
    const start = clock.now()
    await clock.run(Promise.all([catalog.flush(), unlock()]))
    assert.ok(spool.drainCount > 0)
    assert.ok(clock.now() - start >= 3_000)
  })

  it('can be aborted', async () => {
    const { catalog, run, server, clock } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    const controller = new AbortController()
    const flushed = assert.rejects(catalog.flush({ signal: controller.signal }), {
      code: 'ABORTED',
    })
    await clock.pass(500)
    controller.abort()
    await clock.run(flushed)
  })

  it('at the end of a block leaves in the spool what cannot be sent', async () => {
    const { run, server, clock, spool } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    await clock.run(run[Symbol.asyncDispose]())
    assert.equal(spool.waiting.length, 1)
  })
})

describe('a client that is closed', () => {
  it('does nothing more in the background', async () => {
    const { catalog, run, server, clock, requests } = setUp()
    server.mode = 'down'
    await clock.run(run.checkpoint({ step: 1 }))
    await catalog.close()
    const asked = requests.length
    await clock.pass(60_000)
    assert.equal(requests.length, asked)
    assert.equal(clock.sleeperCount, 0)
  })

  it('ends a registration in flight', async () => {
    const { catalog, run, server, spool } = setUp()
    server.mode = 'silent'
    const result = run.checkpoint({ step: 1 })
    await settle()
    await catalog.close()
    assert.equal((await result).status, 'spooled')
    assert.equal(spool.waiting.length, 1)
  })
})
