import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Server } from 'node:http'
import { describe, test } from 'node:test'
import { startListening, useListening } from './listening.ts'
import { assertRefused, assertReusable, declareFares, json } from './wire-requests.ts'

// What is asked of here is the server alone, so one database is enough.
describe('a connection', () => {
  const at = useListening('sqlite')

  test('may send its head byte by byte, and its body too', async () => {
    const connection = await at().open()
    for (const letter of `${at().head(declareFares, [json, 'Content-Length: 2'])}{}`) {
      connection.write(letter)
    }
    assert.equal((await connection.response()).status, 200)
    await assertReusable(connection)
    connection.reset()
  })

  test('that never ends its head holds up nobody else', async () => {
    const slow = await Promise.all(Array.from({ length: 50 }, () => at().open()))
    for (const connection of slow) connection.write('GET /healthz HTTP/1.1\r\nHos')
    const other = await at().open()
    await assertReusable(other)
    other.reset()
    for (const connection of slow) connection.reset()
  })

  test('has a limit to how long its head and its request may take', async () => {
    let found: unknown
    const onRequest = (message: unknown): void => {
      const { server } = message as { readonly server: unknown }
      found = server
    }
    subscribe('http.server.request.start', onRequest)
    const connection = await at().open()
    await assertReusable(connection)
    unsubscribe('http.server.request.start', onRequest)
    connection.reset()
    assert.ok(found instanceof Server)
    for (const limitMs of [found.headersTimeout, found.requestTimeout, found.keepAliveTimeout]) {
      assert.ok(limitMs > 0 && limitMs <= 300_000, `${limitMs} ms`)
    }
  })

  test('may send several requests at once, and is answered in their order', async () => {
    const connection = await at().open()
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    connection.write(
      names
        .map(
          (name) =>
            `${at().head(`PUT /v1/namespaces/airline/jobs/${name}`, [json, 'Content-Length: 2'])}{}`,
        )
        .join(''),
    )
    for (const name of names) {
      const { status, body } = await connection.response()
      assert.equal(status, 200)
      assert.equal(JSON.parse(body).job, name)
    }
    connection.reset()
  })

  test('is told to go on with its body when it asks', async () => {
    const connection = await at().open()
    connection.write(at().head(declareFares, [json, 'Content-Length: 2', 'Expect: 100-continue']))
    assert.equal((await connection.response()).status, 100)
    connection.write('{}')
    assert.equal((await connection.response()).status, 200)
    connection.reset()
  })

  test('is closed after its answer when it asks for that, and by HTTP/1.0', async () => {
    for (const text of [
      at().head('GET /v1/namespaces', ['Connection: close']),
      at().head('GET /v1/namespaces').replace('HTTP/1.1', 'HTTP/1.0'),
    ]) {
      const connection = await at().open()
      connection.write(text)
      const response = await connection.response()
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('connection'), 'close')
      await connection.ended()
    }
  })

  test('that asks for a head or for options gets no body, or a refusal, and goes on', async () => {
    const connection = await at().open()
    connection.write(at().head('HEAD /v1/namespaces/airline/jobs'))
    const head = await connection.response({ head: true })
    assert.equal(head.status, 200)
    assert.equal(head.headers.get('content-type'), 'application/json')
    connection.write(at().head('HEAD /v1/namespaces/airline/jobs/nothing'))
    assert.equal((await connection.response({ head: true })).status, 404)
    for (const [method, path, allow] of [
      ['OPTIONS', '/v1/namespaces/airline/jobs', 'GET'],
      ['OPTIONS', '/v1/namespaces/airline/jobs/fares', 'GET, PUT'],
      ['TRACE', '/v1/namespaces/airline/runs', 'GET, POST'],
    ] as const) {
      connection.write(at().head(`${method} ${path}`))
      const response = await connection.response()
      assertRefused(response, 'METHOD_NOT_ALLOWED')
      assert.deepEqual(response.headers.get('allow')?.split(', ').toSorted().join(', '), allow)
    }
    await assertReusable(connection)
    connection.reset()
  })

  test('that says nothing HTTP knows, or two things at once, is refused and closed', async () => {
    const head = at().head(declareFares, [json])
    const withLine = (line: string): string => head.replace('\r\n\r\n', `\r\n${line}\r\n\r\n`)
    for (const text of [
      'NONSENSE\r\n\r\n',
      'GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n',
      'GET /healthz HTTP/1.1\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      withLine('Content-Length: 2\r\nTransfer-Encoding: chunked'),
      withLine('Content-Length: 2\r\nContent-Length: 3'),
      withLine('Content-Length: two'),
      withLine('Content-Length: -1'),
      withLine('Transfer-Encoding: gzip, identity'),
    ]) {
      const connection = await at().open()
      connection.write(text)
      const { status } = await connection.response()
      assert.ok(status >= 400 && status < 500, `${status} to ${text.slice(0, 60)}`)
      await connection.ended()
    }
    assert.deepEqual(at().errors(), [])
  })

  test('cannot reach another path or host by the way in which it writes them', async () => {
    for (const [line, code] of [
      ['GET /v1/namespaces/airline/../airline/jobs/nothing', 'JOB_NOT_FOUND'],
      ['GET /v1/namespaces/%2e%2e/namespaces/airline/jobs/%2e%2e%2f', 'INVALID_NAME'],
      ['GET /v1/namespaces/airline/jobs/fares%2flatest', 'INVALID_NAME'],
      ['GET /v1/namespaces/airline/jobs/fares;x', 'INVALID_NAME'],
      ['GET //evil.example/v1/namespaces', 'ROUTE_NOT_FOUND'],
      ['GET /v1/namespaces/airline/jobs/nothing?', 'JOB_NOT_FOUND'],
    ] as const) {
      const connection = await at().open()
      connection.write(at().head(line))
      assertRefused(await connection.response(), code)
      connection.reset()
    }
    const connection = await at().open()
    connection.write('GET /v1/namespaces HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n')
    assertRefused(await connection.response(), 'HOST_NOT_ALLOWED')
    connection.reset()
  })
})

/** Well below the time that clients get who send nothing more. */
const STOP_MAX_MS = 5_000

describe('a server that stops', () => {
  test('answers what runs, and has stopped as soon as it has', async (t) => {
    const at = await startListening('sqlite', t)
    const idle = await at.open()
    await assertReusable(idle)
    const busy = await at.open()
    busy.write(at.head(declareFares, [json, 'Content-Length: 2', 'Expect: 100-continue']))
    assert.equal((await busy.response()).status, 100)
    const stopped = at.stop()
    await idle.ended()
    busy.write('{}')
    assert.equal((await busy.response()).status, 200)
    const answeredMs = performance.now()
    await stopped
    assert.ok(performance.now() - answeredMs < STOP_MAX_MS, 'a connection kept alive holds it up')
    await assert.rejects(at.open())
    assert.deepEqual(at.errors(), [])
  })

  test('waits for clients that send nothing more only so long', async (t) => {
    const at = await startListening('sqlite', t)
    const silent = await at.open()
    const stuck = await at.open()
    stuck.write('GET /healthz HTTP/1.1\r\nHos')
    const half = await at.open()
    half.write(at.head(declareFares, [json, 'Content-Length: 2', 'Expect: 100-continue']))
    assert.equal((await half.response()).status, 100)
    await at.stop()
    await silent.ended()
    await stuck.ended()
    await half.ended()
    assert.deepEqual(at.errors(), [])
  })
})
