import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CatalogClient } from '../../client-sdk/client.ts'
import type { RetryEvent } from '../../client-sdk/hooks.ts'
import type { ClientOptions } from '../../client-sdk/options.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { FakeClock, settle } from './fake-clock.ts'
import { fakeFetch, json, problem, refusedConnection, type Respond } from './fake-fetch.ts'

const job = { namespace: 'n', job: 'j', spec: {}, index: 1, at: '2026-11-23T10:00:00.000Z' }

function setUp(respond: Respond, options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock()
  const fake = fakeFetch(respond)
  const retries: RetryEvent[] = []
  const catalog = new CatalogClient({
    url: 'http://catalog.test/base/',
    namespace: 'n',
    token: 'secret-token',
    fetch: fake.fetch,
    clock,
    random: () => 0.5,
    hooks: { onRetry: (event) => void retries.push(event) },
    ...options,
  })
  return { clock, catalog, retries, requests: fake.requests }
}

/** The error of work that must fail. */
async function errorOf(work: Promise<unknown>): Promise<CatalogError> {
  try {
    await work
  } catch (error) {
    assert.ok(isCatalogError(error))
    return error
  }
  return assert.fail('it did not fail')
}

describe('a call', () => {
  it('sends its operation once when it succeeds', async () => {
    const { catalog, requests } = setUp(() => json(job))
    assert.deepEqual(await catalog.jobs.get('daily', { asOf: 4 }), job)
    const [request] = requests
    assert.equal(requests.length, 1)
    assert.equal(request?.method, 'GET')
    assert.equal(request?.url.href, 'http://catalog.test/base/v1/namespaces/n/jobs/daily?asOf=4')
    assert.equal(request?.headers.get('authorization'), 'Bearer secret-token')
    assert.equal(request?.headers.get('idempotency-key'), null)
  })

  it('is made again after failures that pass', async () => {
    const answers = [
      () => problem(503, 'STORAGE_UNAVAILABLE'),
      () => new Response('', { status: 502 }),
    ]
    const { clock, catalog, retries } = setUp((_, index) => answers[index]?.() ?? json(job))
    assert.deepEqual(await clock.run(catalog.jobs.get('daily')), job)
    assert.deepEqual(
      retries.map(({ attempt, delayMs }) => ({ attempt, delayMs })),
      [
        { attempt: 1, delayMs: 25 },
        { attempt: 2, delayMs: 50 },
      ],
    )
  })

  it('is made again when the connection breaks, and the cause is kept', async () => {
    const { clock, catalog, requests } = setUp(() => Promise.reject(refusedConnection()))
    const error = await errorOf(clock.run(catalog.jobs.get('daily')))
    assert.equal(error.code, 'CONNECTION_FAILED')
    assert.match(error.message, /http:\/\/catalog\.test\/base .*ECONNREFUSED/)
    assert.ok(error.cause instanceof TypeError)
    assert.equal(error.retryable, true)
    assert.equal(requests.length, 3)
    assert.equal(error.detail['attempts'], 3)
    assert.equal(error.detail['gaveUp'], 'attempts')
  })

  it('is not made again when the catalog refuses, and the refusal is told in full', async () => {
    const facts = { current: 7 }
    const { catalog, requests } = setUp(() =>
      problem(409, 'ATTEMPT_FENCED', { body: { facts, pointer: '/attempt' } }),
    )
    const error = await errorOf(catalog.jobs.get('daily'))
    assert.equal(error.code, 'ATTEMPT_FENCED')
    assert.equal(error.message, 'ATTEMPT_FENCED happened.')
    assert.deepEqual(error.detail, {
      current: 7,
      requestId: 'req-1',
      pointer: '/attempt',
      status: 409,
      fromCatalog: true,
      attempts: 1,
    })
    assert.equal(requests.length, 1)
  })

  it('heeds the catalog when it says that a failure will not pass', async () => {
    const { catalog, requests } = setUp(() =>
      problem(503, 'SCHEMA_UNKNOWN', { body: { retryable: false } }),
    )
    assert.equal((await errorOf(catalog.jobs.get('daily'))).code, 'SCHEMA_UNKNOWN')
    assert.equal(requests.length, 1)
  })

  it('keeps a code that it does not know in the detail', async () => {
    const { catalog } = setUp(() => problem(418, 'TEAPOT'))
    const error = await errorOf(catalog.jobs.get('daily'))
    assert.equal(error.code, 'INVALID_REQUEST')
    assert.equal(error.detail['serverCode'], 'TEAPOT')
  })

  it('does not follow a redirect, which could carry the token away', async () => {
    const headers = { location: 'http://elsewhere.test/' }
    const { catalog, requests } = setUp(() => new Response('', { status: 302, headers }))
    const error = await errorOf(catalog.jobs.get('daily'))
    assert.equal(error.code, 'CONFIG_INVALID')
    assert.equal(requests.length, 1)
  })

  it('refuses an answer that is no JSON', async () => {
    const { catalog } = setUp(() => new Response('<html>log in</html>'))
    const error = await errorOf(catalog.jobs.get('daily'))
    assert.equal(error.code, 'MALFORMED_JSON')
    assert.equal(error.detail['fromCatalog'], false)
  })

  it('stops reading an answer that is larger than it reads', async () => {
    const chunk = new Uint8Array(8 * 1024 * 1024)
    let cancelled = false
    const body = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(chunk),
        cancel: () => {
          cancelled = true
        },
      })
    const { catalog } = setUp(() => new Response(body()))
    assert.equal((await errorOf(catalog.jobs.get('daily'))).code, 'BODY_TOO_LARGE')
    assert.equal(cancelled, true)
  })

  it('cannot be led to another path by a name', async () => {
    const { catalog, requests } = setUp(() => json(job))
    for (const name of ['', '.', '..']) {
      assert.equal((await errorOf(catalog.jobs.get(name))).code, 'INVALID_NAME')
    }
    assert.equal(requests.length, 0)
    await catalog.jobs.get('a/../b?c')
    assert.equal(requests[0]?.url.pathname, '/base/v1/namespaces/n/jobs/a%2F..%2Fb%3Fc')
  })

  it('is not broken by a hook that throws', async () => {
    const broken = () => {
      throw new Error('a hook')
    }
    const hooks = {
      onRequest: broken,
      onRetry: broken,
      onResponse: () => Promise.reject(new Error('a late hook')) as unknown as undefined,
    }
    const { clock, catalog } = setUp(
      (_, index) => (index === 0 ? problem(500, 'INTERNAL') : json(job)),
      { hooks },
    )
    assert.deepEqual(await clock.run(catalog.jobs.get('daily')), job)
    await settle()
  })
})

describe('a deadline', () => {
  it('counts attempts and pauses together', async () => {
    const { clock, catalog, requests } = setUp(() => 'hang', { timeoutMs: 4_000 })
    const start = clock.now()
    const error = await errorOf(clock.run(catalog.jobs.get('daily')))
    assert.equal(error.code, 'DEADLINE_EXCEEDED')
    assert.equal(clock.now() - start, 4_000)
    assert.equal(requests.length, 2)
    assert.ok(requests.every((request) => request.signal.aborted))
    assert.ok(error.cause instanceof CatalogError)
  })

  it('is 30 seconds for a read and 10 for a write when none is given', async () => {
    const { clock, catalog } = setUp(() => 'hang')
    const start = clock.now()
    await errorOf(clock.run(catalog.jobs.get('daily')))
    assert.equal(clock.now() - start, 30_000)
    await errorOf(clock.run(catalog.jobs.declare('daily')))
    assert.equal(clock.now() - start, 40_000)
  })

  it('of an attempt leads to another attempt', async () => {
    const { clock, catalog } = setUp((_, index) => (index === 0 ? 'hang' : json(job)), {
      attemptTimeoutMs: 100,
    })
    const start = clock.now()
    assert.deepEqual(await clock.run(catalog.jobs.get('daily')), job)
    assert.equal(clock.now() - start, 125)
  })

  it('holds against a fetch that ignores its signal', async () => {
    const deaf = () => new Promise<Response>(() => undefined)
    const { clock, catalog } = setUp(deaf, { timeoutMs: 1_000 })
    const error = await errorOf(clock.run(catalog.jobs.get('daily')))
    assert.equal(error.code, 'DEADLINE_EXCEEDED')
  })

  it('lets the catalog ask for a pause within it', async () => {
    const { clock, catalog, retries } = setUp((_, index) =>
      index === 0 ? problem(503, 'OVERLOADED', { headers: { 'retry-after': '3' } }) : json(job),
    )
    assert.deepEqual(await clock.run(catalog.jobs.get('daily')), job)
    assert.equal(retries[0]?.delayMs, 3_500)
  })

  it('ends the call at once when the catalog asks for a pause beyond it', async () => {
    const { clock, catalog, requests } = setUp(() =>
      problem(503, 'OVERLOADED', { headers: { 'retry-after': '60' } }),
    )
    const start = clock.now()
    const error = await errorOf(clock.run(catalog.jobs.get('daily')))
    assert.equal(error.code, 'OVERLOADED')
    assert.equal(error.detail['retryAfterMs'], 60_000)
    assert.equal(error.detail['gaveUp'], 'deadline')
    assert.equal(requests.length, 1)
    assert.equal(clock.now(), start)
  })
})

describe('the retry budget of a client', () => {
  it('is shared by its calls and ends retries in an outage', async () => {
    const { clock, catalog, requests } = setUp(() => Promise.reject(refusedConnection()))
    const gaveUp: unknown[] = []
    for (let count = 0; count < 30; count += 1) {
      gaveUp.push((await errorOf(clock.run(catalog.jobs.get('daily')))).detail['gaveUp'])
    }
    // 500 tokens pay for 35 retries: two for each of 17 calls, one more, and then none.
    assert.equal(requests.length, 30 + 35)
    assert.equal(gaveUp.at(0), 'attempts')
    assert.equal(gaveUp.at(-1), 'budget')
  })
})

describe('an abort', () => {
  it('ends a call in flight', async () => {
    const { clock, catalog, requests } = setUp(() => 'hang')
    const controller = new AbortController()
    const failed = errorOf(catalog.jobs.get('daily', {}, { signal: controller.signal }))
    await settle()
    controller.abort(new Error('enough'))
    const error = await failed
    assert.equal(error.code, 'ABORTED')
    assert.match(String(error.cause), /enough/)
    assert.equal(requests[0]?.signal.aborted, true)
    assert.equal(clock.sleeperCount, 0)
  })

  it('ends a pause between attempts', async () => {
    const { clock, catalog, requests } = setUp(() => problem(503, 'OVERLOADED'))
    const controller = new AbortController()
    const failed = errorOf(catalog.jobs.get('daily', {}, { signal: controller.signal }))
    await settle()
    controller.abort()
    assert.equal((await failed).code, 'ABORTED')
    assert.equal(requests.length, 1)
    assert.equal(clock.sleeperCount, 0)
  })

  it('that came before sends nothing', async () => {
    const { catalog, requests } = setUp(() => json(job))
    const signal = AbortSignal.abort()
    assert.equal((await errorOf(catalog.jobs.get('daily', {}, { signal }))).code, 'ABORTED')
    assert.equal(requests.length, 0)
  })
})

describe('an idempotency key', () => {
  it('is made once for a call and sent with each of its attempts', async () => {
    const { clock, catalog, requests } = setUp((_, index) =>
      index % 2 === 0
        ? problem(500, 'INTERNAL')
        : json({ run: { run: 'r', job: 'j', partition: '', attempt: 1 }, plan: null, skipped: [] }),
    )
    await clock.run(catalog.runs.resume({ job: 'j' }))
    await clock.run(catalog.runs.resume({ job: 'j' }))
    const keys = requests.map((request) => request.headers.get('idempotency-key'))
    assert.equal(keys[0], keys[1])
    assert.equal(keys[2], keys[3])
    assert.notEqual(keys[0], keys[2])
    assert.match(keys[0] ?? '', /^[\x21-\x7e]{16,255}$/)
  })
})

describe('a token', () => {
  const expired = () => problem(401, 'TOKEN_EXPIRED')

  it('from a function is got once and used until it is refused', async () => {
    let count = 0
    const token = async () => `token-${(count += 1)}`
    const { catalog, requests } = setUp(
      (request) =>
        request.headers.get('authorization') === 'Bearer token-1' && requests.length > 2
          ? expired()
          : json(job),
      { token },
    )
    for (let call = 0; call < 4; call += 1) await catalog.jobs.get('daily')
    assert.deepEqual(
      requests.map((request) => request.headers.get('authorization')),
      ['token-1', 'token-1', 'token-1', 'token-2', 'token-2'].map((text) => `Bearer ${text}`),
    )
  })

  it('is changed only once within a call', async () => {
    let count = 0
    const token = async () => `token-${(count += 1)}`
    const { catalog, requests } = setUp(expired, { token })
    assert.equal((await errorOf(catalog.jobs.get('daily'))).code, 'TOKEN_EXPIRED')
    assert.equal(requests.length, 2)
    assert.equal(count, 2)
  })

  it('that is fixed is not tried again', async () => {
    const { catalog, requests } = setUp(expired)
    assert.equal((await errorOf(catalog.jobs.get('daily'))).code, 'TOKEN_EXPIRED')
    assert.equal(requests.length, 1)
  })

  it('is got by one call when several need it', async () => {
    let count = 0
    const token = async () => `token-${(count += 1)}`
    const { catalog } = setUp(() => json(job), { token })
    await Promise.all([1, 2, 3].map(() => catalog.jobs.get('daily')))
    assert.equal(count, 1)
  })

  it('that its function cannot get is an error with the cause', async () => {
    const cause = new Error('no metadata server')
    const { catalog } = setUp(() => json(job), { token: () => Promise.reject(cause) })
    const error = await errorOf(catalog.jobs.get('daily'))
    assert.equal(error.code, 'TOKEN_MISSING')
    assert.equal(error.cause, cause)
  })
})
