import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { CatalogClient } from '../../client-sdk/client.ts'
import type { ClientOptions } from '../../client-sdk/options.ts'
import { FakeClock } from './fake-clock.ts'
import { fakeFetch, json, problem, refusedConnection, type Respond } from './fake-fetch.ts'

const TOKEN = 'eyJhbGciOiJFZERTQSJ9.very-secret.signature'

function clientOf(respond: Respond, options: Partial<ClientOptions> = {}): CatalogClient {
  const { fetch } = fakeFetch(respond)
  const clock = new FakeClock()
  return new CatalogClient({
    url: 'http://catalog.test',
    namespace: 'n',
    token: TOKEN,
    retries: 0,
    fetch,
    clock,
    ...options,
  })
}

/** Everything that a log could show of a value. */
function shown(value: unknown): string {
  const all = inspect(value, { depth: 20, showHidden: true, getters: true })
  return `${all}\n${String(value)}\n${JSON.stringify(value)}`
}

async function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  )
}

describe('a token never shows', () => {
  it('in a client, its resources or a run', () => {
    const catalog = clientOf(() => json({}))
    const run = catalog.runs.handle({ run: 'r', job: 'j', partition: '', attempt: 1 })
    for (const value of [catalog, catalog.runs, catalog.checkpoints, catalog.log, run]) {
      assert.ok(!shown(value).includes('very-secret'))
    }
  })

  it('in the error of a connection', async () => {
    const error = await caught(
      clientOf(() => Promise.reject(refusedConnection())).jobs.get('daily'),
    )
    assert.ok(!shown(error).includes('very-secret'))
  })

  it('in the error of an answer that echoes it', async () => {
    const body = { detail: `Bearer ${TOKEN} is not known.`, facts: { header: `Bearer ${TOKEN}` } }
    const error = await caught(
      clientOf(() => problem(401, 'TOKEN_INVALID', { body })).jobs.get('daily'),
    )
    assert.match(shown(error), /Bearer \[token\] is not known/)
    assert.ok(!shown(error).includes('very-secret'))
  })

  it('in the error of a page that echoes it where JSON was due', async () => {
    for (const status of [200, 404, 502]) {
      const page = () => new Response(`<html>${TOKEN}</html>`, { status })
      const error = await caught(clientOf(page).jobs.get('daily'))
      assert.ok(!shown(error).includes('very-secret'), String(status))
    }
  })

  it('in the error about a token that no header can carry', async () => {
    for (const token of [`${TOKEN}\n`, `Bearer ${TOKEN}`, `${TOKEN}…`]) {
      assert.throws(
        () => clientOf(() => json({}), { token }),
        (error) => !shown(error).includes('very-secret') && /TOKEN_MISSING/.test(shown(error)),
      )
      const later = clientOf(() => json({}), { token: () => Promise.resolve(token) })
      assert.ok(!shown(await caught(later.jobs.get('daily'))).includes('very-secret'))
    }
  })

  it('in the error about credentials in the address', () => {
    assert.throws(
      () => clientOf(() => json({}), { url: `http://user:${TOKEN}@catalog.test` }),
      (error) => !shown(error).includes('very-secret') && /CONFIG_INVALID/.test(shown(error)),
    )
  })

  it('in what hooks see', async () => {
    const events: unknown[] = []
    const keep = (event: unknown) => void events.push(event)
    const hooks = { onRequest: keep, onResponse: keep, onRetry: keep }
    const catalog = clientOf(() => json({}), { hooks })
    await catalog.jobs.get('daily')
    assert.equal(events.length, 2)
    assert.ok(!shown(events).includes('very-secret'))
  })
})
