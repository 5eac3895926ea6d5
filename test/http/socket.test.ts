import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Server } from 'node:http'
import { describe, test } from 'node:test'
import type { ErrorCode } from '../../schema/errors.ts'
import { SMALL_BODY_MAX_BYTES } from '../../schema/operations/operation.ts'
import { problemStatus } from '../../server/http/problem.ts'
import { dialects } from '../harness/catalog.ts'
import { startListening, useListening } from './listening.ts'
import type { RawConnection, RawResponse } from './raw-connection.ts'

const json = 'Content-Type: application/json'
const chunked = 'Transfer-Encoding: chunked'
const declareFares = 'PUT /v1/namespaces/airline/jobs/fares'
const health = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A chunk of white space, as it stands on the wire. */
const chunk = (sizeBytes: number): string =>
  `${sizeBytes.toString(16)}\r\n${' '.repeat(sizeBytes)}\r\n`
const lastChunk = '0\r\n\r\n'

function refused(response: RawResponse, code: ErrorCode): void {
  assert.equal(response.status, problemStatus[code], response.body)
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  assert.equal(JSON.parse(response.body).code, code)
}

/** Asserts that a connection takes another request, or that the server has closed it and says so. */
async function reusable(connection: RawConnection): Promise<void> {
  connection.write(health)
  const response = await connection.response()
  assert.equal(response.status, 200)
  assert.equal(response.body, '{"status":"ok"}')
}

for (const dialect of dialects) {
  describe(`a body that is too large, over a socket on ${dialect}`, () => {
    const at = useListening(dialect)

    test('is refused while it comes in, when no length was declared', async () => {
      const size = await at().size()
      const connection = await at().open()
      connection.write(at().head(declareFares, [json, chunked]))
      connection.write(chunk(SMALL_BODY_MAX_BYTES))
      connection.write(chunk(1))
      // The last chunk never comes: the answer does not wait for it, and the connection does not stay.
      refused(await connection.response(), 'BODY_TOO_LARGE')
      await connection.ended()
      assert.equal(await at().size(), size)
    })

    test('leaves a connection that can be used again, when the client sends it to its end', async () => {
      const connection = await at().open()
      connection.write(at().head(declareFares, [json, chunked]))
      for (let sent = 0; sent <= SMALL_BODY_MAX_BYTES; sent += 8192) connection.write(chunk(8192))
      connection.write(lastChunk)
      refused(await connection.response(), 'BODY_TOO_LARGE')
      await reusable(connection)
      connection.reset()
    })

    test('is refused before any of it came, when its length was declared', async () => {
      const connection = await at().open()
      const length = SMALL_BODY_MAX_BYTES + 1
      connection.write(at().head(declareFares, [json, `Content-Length: ${length}`]))
      refused(await connection.response(), 'BODY_TOO_LARGE')
      connection.write(' '.repeat(length))
      await reusable(connection)
      connection.reset()
    })

    test('is let go of, when its length was declared and it never comes', async () => {
      const connection = await at().open()
      connection.write(at().head(declareFares, [json, 'Content-Length: 99999999']))
      refused(await connection.response(), 'BODY_TOO_LARGE')
      await connection.ended()
    })

    test('counts by what comes, however many chunks it comes in', async () => {
      const connection = await at().open()
      connection.write(at().head(declareFares, [json, chunked]))
      connection.write(`1;name=value\r\n{\r\n`)
      connection.write(chunk(1).repeat(4000))
      connection.write(`1\r\n}\r\n${lastChunk}`)
      assert.equal((await connection.response()).status, 200)
      connection.reset()
    })
  })

  describe(`a refusal before the body was read, over a socket on ${dialect}`, () => {
    const at = useListening(dialect)
    const refusals: readonly (readonly [string, ErrorCode, string])[] = [
      ['without a token', 'TOKEN_MISSING', 'Authorization:'],
      ['with a bad token', 'TOKEN_INVALID', 'Authorization: Bearer x'],
      ['for another host', 'HOST_NOT_ALLOWED', 'Host: evil.example'],
      ['for another page', 'HOST_NOT_ALLOWED', 'Origin: https://evil.example'],
      ['of another type', 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type: text/plain'],
    ]
    const headWith = (line: string, length: number): string => {
      const name = line.slice(0, line.indexOf(':') + 1)
      const head = at().head(declareFares, [`Content-Length: ${length}`])
      const others = head.split('\r\n').filter((one) => !one.startsWith(name))
      const type = name === 'Content-Type:' ? [] : [json]
      const [first = '', ...rest] = others
      return [first, line, ...type, ...rest].join('\r\n')
    }

    for (const [what, code, line] of refusals) {
      test(`${what} does not take the body for the next request`, async () => {
        const connection = await at().open()
        const smuggled = 'DELETE /v1/namespaces/airline HTTP/1.1\r\nHost: localhost\r\n\r\n'
        connection.write(headWith(line, smuggled.length))
        refused(await connection.response(), code)
        connection.write(smuggled)
        await reusable(connection)
        connection.reset()
      })

      test(`${what} does not wait for a body that never comes`, async () => {
        const connection = await at().open()
        connection.write(headWith(line, 50_000))
        refused(await connection.response(), code)
        await connection.ended()
      })
    }

    test('of a method or a path does not take the body for the next request', async () => {
      for (const [line, code] of [
        ['DELETE /v1/namespaces/airline', 'METHOD_NOT_ALLOWED'],
        ['POST /v1/nowhere', 'ROUTE_NOT_FOUND'],
      ] as const) {
        const connection = await at().open()
        connection.write(at().head(line, [json, 'Content-Length: 40']))
        refused(await connection.response(), code)
        connection.write('x'.repeat(40))
        await reusable(connection)
        connection.reset()
      }
    })
  })

  describe(`a client that goes away, over a socket on ${dialect}`, () => {
    for (const [how, header, part] of [
      ['a declared length', 'Content-Length: 100', '{"description":"half'],
      ['chunks', chunked, '14\r\n{"description":"half\r\n'],
    ] as const) {
      for (const leave of ['reset', 'end'] as const) {
        test(`amid a body with ${how} (${leave}) leaves no entry, and no failure in the log`, async (t) => {
          const at = await startListening(dialect, t)
          const size = await at.size()
          const connection = await at.open()
          connection.write(at.head(declareFares, [json, header, 'Expect: 100-continue']))
          // The server has begun to read when it says so.
          assert.equal((await connection.response()).status, 100)
          connection.write(part)
          connection[leave]()
          const other = await at.open()
          await reusable(other)
          other.end()
          if (leave === 'end') await connection.ended()
          assert.equal(await at.size(), size)
          await at.stop()
          assert.deepEqual(at.errors(), [])
        })
      }
    }

    test('before it reads its answer, and asks again, is recorded once', async (t) => {
      const at = await startListening(dialect, t)
      const size = await at.size()
      const asked = `${at.head(declareFares, [json, 'Content-Length: 2'])}{}`
      const connection = await at.open()
      connection.write(asked)
      connection.end()
      await connection.ended()
      const again = await at.open()
      again.write(asked)
      assert.equal((await again.response()).status, 200)
      assert.equal(await at.size(), size + 1)
      again.end()
      await at.stop()
      assert.deepEqual(at.errors(), [])
    })
  })
}

// From here on nothing is stored: what is asked of is the server alone.
describe('a connection', () => {
  const at = useListening('sqlite')

  test('may send its head byte by byte, and its body too', async () => {
    const connection = await at().open()
    for (const letter of `${at().head(declareFares, [json, 'Content-Length: 2'])}{}`) {
      connection.write(letter)
    }
    assert.equal((await connection.response()).status, 200)
    await reusable(connection)
    connection.reset()
  })

  test('that never ends its head holds up nobody else', async () => {
    const slow = await Promise.all(Array.from({ length: 50 }, () => at().open()))
    for (const connection of slow) connection.write('GET /healthz HTTP/1.1\r\nHos')
    const other = await at().open()
    await reusable(other)
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
    await reusable(connection)
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
      refused(response, 'METHOD_NOT_ALLOWED')
      assert.deepEqual(response.headers.get('allow')?.split(', ').toSorted().join(', '), allow)
    }
    await reusable(connection)
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
      refused(await connection.response(), code)
      connection.reset()
    }
    const connection = await at().open()
    connection.write('GET /v1/namespaces HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n')
    refused(await connection.response(), 'HOST_NOT_ALLOWED')
    connection.reset()
  })
})

/** Well below the time that clients get who send nothing more. */
const STOP_MAX_MS = 5_000

describe('a server that stops', () => {
  test('answers what runs, and has stopped as soon as it has', async (t) => {
    const at = await startListening('sqlite', t)
    const idle = await at.open()
    await reusable(idle)
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
