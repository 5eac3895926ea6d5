import assert from 'node:assert/strict'
import type { ErrorCode } from '../../schema/errors.ts'
import { problemStatus } from '../../server/http/problem.ts'
import type { RawConnection, RawResponse } from './raw-connection.ts'

/** Header lines of a body. */
export const json = 'Content-Type: application/json'
export const chunked = 'Transfer-Encoding: chunked'

/** A request line whose body may be `{}`, and which changes nothing the second time. */
export const declareFares = 'PUT /v1/namespaces/airline/jobs/fares'

/** Asserts that a response is the problem with a code. */
export function assertRefused(response: RawResponse, code: ErrorCode): void {
  assert.equal(response.status, problemStatus[code], response.body)
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  assert.equal(JSON.parse(response.body).code, code)
}

/** Asserts that a connection takes another request, and answers that one. */
export async function assertReusable(connection: RawConnection): Promise<void> {
  connection.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const response = await connection.response()
  assert.equal(response.status, 200)
  assert.equal(response.body, '{"status":"ok"}')
}
