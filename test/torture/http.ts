import { setTimeout } from 'node:timers/promises'

/** A request that takes longer went to a server that died. */
const REQUEST_MAX_MS = 15_000
/** Between attempts: the server is back within a second. */
const RETRY_DELAY_MS = 25

/** What a request that was answered got. */
export interface Answered {
  readonly status: number
  readonly body: unknown
}

/** Where the server answers, and who asks. */
export interface Target {
  readonly url: string
  readonly token: string
}

/** One request of JSON; rejects when there is no answer. */
export async function callOnce(
  { url, token }: Target,
  method: string,
  path: string,
  sent: { readonly body?: string; readonly key?: string } = {},
): Promise<Answered> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(sent.key === undefined ? {} : { 'idempotency-key': sent.key }),
    },
    signal: AbortSignal.timeout(REQUEST_MAX_MS),
    ...(sent.body === undefined ? {} : { body: sent.body }),
  })
  return { status: response.status, body: await response.json() }
}

/** The same request again until it is answered with something other than "try again", or time is up. */
export async function callUntilAnswered(
  target: Target,
  request: {
    readonly method: string
    readonly path: string
    readonly body?: string
    readonly key?: string
    /** Epoch milliseconds after which to give up. */
    readonly untilMs: number
  },
): Promise<Answered> {
  const { method, path, untilMs, ...sent } = request
  for (;;) {
    try {
      const answered = await callOnce(target, method, path, sent)
      if (answered.status !== 503) return answered
    } catch (error) {
      if (Date.now() >= untilMs) throw error
    }
    if (Date.now() >= untilMs) throw new Error(`${method} ${path} was not answered in time`)
    await setTimeout(RETRY_DELAY_MS)
  }
}
