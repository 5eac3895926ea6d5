import { isCatalogError } from '../schema/errors.ts'
import { operationTable } from './api.ts'
import { readBoundedBody } from './bounded-body.ts'
import { connectionFailure } from './errors.ts'
import { notify, type LogStoppedEvent, type RequestEvent } from './hooks.ts'
import type { Settings } from './options.ts'
import { failureOf } from './refusal.ts'
import type { PreparedRequest } from './request.ts'
import type { Failure } from './retry.ts'
import type { TokenSource } from './token.ts'

/** A success, read to its end. */
export interface Answer {
  readonly status: number
  readonly bytes: Uint8Array
}

/** How one attempt ended. */
export type Attempted =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Answered with 401, so that another token may help. */
  | { readonly kind: 'unauthorized'; readonly token: string; readonly failure: Failure }

/** Most bytes of an answer: eight documents of full size, or a plan of 100,000 blobs. */
const ANSWER_MAX_BYTES = 64 * 1024 * 1024

/** What an attempt needs beside its request. */
export interface AttemptContext {
  readonly settings: Settings
  readonly tokens: TokenSource
  readonly idempotencyKey: string | undefined
  readonly event: RequestEvent
}

/** Sends a request once and reads the answer to its end; failures are values. */
export async function attemptRequest(
  context: AttemptContext,
  request: PreparedRequest,
  signal: AbortSignal,
): Promise<Attempted> {
  const { settings, tokens, event } = context
  try {
    const token = await tokens.get()
    notify(settings.hooks.onRequest, event)
    const startedMs = settings.clock.now()
    const response = await settings.fetch(settings.url + request.path, {
      method: request.method,
      headers: headersOf(context, request, token),
      ...(request.body === undefined ? {} : { body: request.body }),
      // A redirect could carry the token to somewhere else.
      redirect: 'manual',
      credentials: 'omit',
      signal,
    })
    const bytes = await readBoundedBody(response, ANSWER_MAX_BYTES)
    const { status, headers } = response
    notify(settings.hooks.onResponse, {
      ...event,
      status,
      durationMs: settings.clock.now() - startedMs,
      requestId: headers.get('x-request-id') ?? undefined,
    })
    const stopped = headers.get('cairn-log-stopped')
    if (stopped !== null) {
      notify(settings.hooks.onLogStopped, { ...event, ...parseLogStopped(stopped) })
    }
    if (response.ok) return { kind: 'answered', answer: { status, bytes } }
    const text = tokens.redact(new TextDecoder().decode(bytes))
    const failure = failureOf({ status, headers, text })
    return status === 401 ? { kind: 'unauthorized', token, failure } : { kind: 'failed', failure }
  } catch (cause) {
    if (isCatalogError(cause)) return { kind: 'failed', failure: { error: cause, kind: 'final' } }
    return { kind: 'failed', failure: connectionFailure(cause, settings.url) }
  }
}

/** The code, and the indexes of what is missing, where the header has both. */
function parseLogStopped(header: string): Pick<LogStoppedEvent, 'code' | 'missing'> {
  const [code = ''] = header.split(';')
  const [, from, to] = /;missing-from=(\d{1,16});missing-to=(\d{1,16})$/.exec(header) ?? []
  const isKnown = from !== undefined && to !== undefined
  return { code, missing: isKnown ? { from: Number(from), to: Number(to) } : undefined }
}

function headersOf(
  context: AttemptContext,
  request: PreparedRequest,
  token: string,
): Record<string, string> {
  return {
    accept:
      operationTable[request.operation].answer === 'bytes'
        ? '*/*'
        : 'application/json, application/problem+json',
    authorization: `Bearer ${token}`,
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(context.idempotencyKey === undefined ? {} : { 'idempotency-key': context.idempotencyKey }),
  }
}
