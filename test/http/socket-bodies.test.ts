import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ErrorCode } from '../../schema/errors.ts'
import { SMALL_BODY_MAX_BYTES } from '../../schema/operations/operation.ts'
import { dialects } from '../harness/catalog.ts'
import { startListening, useListening } from './listening.ts'
import { assertRefused, assertReusable, chunked, declareFares, json } from './wire-requests.ts'

/** A chunk of white space, as it stands on the wire. */
const chunk = (sizeBytes: number): string =>
  `${sizeBytes.toString(16)}\r\n${' '.repeat(sizeBytes)}\r\n`
const lastChunk = '0\r\n\r\n'

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
      assertRefused(await connection.response(), 'BODY_TOO_LARGE')
      await connection.ended()
      assert.equal(await at().size(), size)
    })

    test('leaves a connection that can be used again, when the client sends it to its end', async () => {
      const connection = await at().open()
      connection.write(at().head(declareFares, [json, chunked]))
      for (let sent = 0; sent <= SMALL_BODY_MAX_BYTES; sent += 8192) connection.write(chunk(8192))
      connection.write(lastChunk)
      assertRefused(await connection.response(), 'BODY_TOO_LARGE')
      await assertReusable(connection)
      connection.reset()
    })

    test('is refused before any of it came, when its length was declared', async () => {
      const connection = await at().open()
      const length = SMALL_BODY_MAX_BYTES + 1
      connection.write(at().head(declareFares, [json, `Content-Length: ${length}`]))
      assertRefused(await connection.response(), 'BODY_TOO_LARGE')
      connection.write(' '.repeat(length))
      await assertReusable(connection)
      connection.reset()
    })

    test('is let go of, when its length was declared and it never comes', async () => {
      const connection = await at().open()
      connection.write(at().head(declareFares, [json, 'Content-Length: 99999999']))
      assertRefused(await connection.response(), 'BODY_TOO_LARGE')
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
        assertRefused(await connection.response(), code)
        connection.write(smuggled)
        await assertReusable(connection)
        connection.reset()
      })

      test(`${what} does not wait for a body that never comes`, async () => {
        const connection = await at().open()
        connection.write(headWith(line, 50_000))
        assertRefused(await connection.response(), code)
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
        assertRefused(await connection.response(), code)
        connection.write('x'.repeat(40))
        await assertReusable(connection)
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
          await assertReusable(other)
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
