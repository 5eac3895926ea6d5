import assert from 'node:assert/strict'

/** A request as the fake saw it. */
export interface SeenRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string | undefined
  readonly signal: AbortSignal
}

/** What the fake does with a request: answers, throws, or hangs until the signal aborts. */
export type Respond = (request: SeenRequest, index: number) => Response | 'hang' | Promise<Response>

/** A `fetch` that keeps to itself. */
export interface FakeFetch {
  readonly fetch: typeof globalThis.fetch
  readonly requests: readonly SeenRequest[]
}

export function fakeFetch(respond: Respond): FakeFetch {
  const requests: SeenRequest[] = []
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    assert.ok(!(input instanceof Request) && init.signal)
    assert.ok(init.body === undefined || typeof init.body === 'string')
    const request = {
      method: init.method ?? 'GET',
      url: new URL(input),
      headers: new Headers(init.headers),
      body: init.body,
      signal: init.signal,
    }
    requests.push(request)
    const answer = await respond(request, requests.length - 1)
    return answer === 'hang' ? hangUntilAborted(request.signal) : answer
  }
  return { fetch, requests }
}

function hangUntilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  })
}

export function problem(
  status: number,
  code: string,
  more: { readonly headers?: Record<string, string>; readonly body?: object } = {},
): Response {
  const retryable = status >= 500
  const body = { type: `urn:x:${code}`, title: code, status, code, retryable, requestId: 'req-1' }
  return new Response(JSON.stringify({ ...body, detail: `${code} happened.`, ...more.body }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...more.headers },
  })
}

/** What fetch throws when nobody listens. */
export function refusedConnection(): TypeError {
  const socket = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:7420'), {
    code: 'ECONNREFUSED',
  })
  return new TypeError('fetch failed', { cause: socket })
}
