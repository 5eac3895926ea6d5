import type { Context as HonoContext, Hono } from 'hono'
import { canonicalize, parseJsonStrictly } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import {
  requireOnJob,
  requireOnNamespace,
  requireWithin,
  type Principal,
} from '../../schema/grant.ts'
import { operations, type OperationId } from '../../schema/operations.ts'
import type { Operation } from '../../schema/operations/operation.ts'
import type { Context } from '../context.ts'
import type { Authenticate } from './authenticate.ts'
import { createGatherTurn } from './gather-turn.ts'
import { problemHeaders, toProblem } from './problem.ts'
import { readQuery } from './read-query.ts'
import { parseQuickly, readBody } from './read-body.ts'
import { recordDenial } from './record-denial.ts'
import type { Answer, RawBody, Route, Routes } from './route.ts'
import { validate } from './validate.ts'

export interface MountOptions {
  readonly context: Context
  readonly authenticate: Authenticate
  /** Refuses a request whose Host or Origin is not ours. */
  readonly checkHost: (headers: Headers) => void
  readonly newRequestId: () => string
  /** Told of failures that are nobody's refusal, with the request's id. */
  readonly onFailure: (error: unknown, requestId: string) => void
}

type Input = Record<string, unknown>

const NOT_FOUND = 404
const STOPPED_HEADER = 'cairn-log-stopped'

/** Longest that an answer waits for witnesses: shorter than what lies between is likely to allow. */
const WITNESSING_MAX_MS = 30_000

/** Mounts every operation of the table. What is not in the table is not reachable. */
export function mountOperations(app: Hono, routes: Routes, options: MountOptions): void {
  const turnGathered = createGatherTurn()
  for (const id of Object.keys(operations) as OperationId[]) {
    const operation: Operation = operations[id]
    const { path, fixed } = mountPath(operation)
    const route = routes[id] as Route<never>
    app.on(operation.method, path, async (http, next) => {
      if (fixed !== undefined && http.req.param(FIXED) !== fixed) return next()
      await turnGathered()
      const requestId = options.newRequestId()
      try {
        options.checkHost(http.req.raw.headers)
        const answered = await run(http, { id, operation, route, fixed }, options)
        const stopped = stoppedHeader(options.context, http.req.param('namespace'))
        return send(http, { operation, answer: answered, requestId, stopped })
      } catch (error) {
        const refused = refuse(error, requestId, options)
        // What is not found, too, may be among what is missing; whoever is not allowed is told nothing.
        if (refused.status === NOT_FOUND) {
          const stopped = stoppedHeader(options.context, http.req.param('namespace'))
          if (stopped !== undefined) refused.headers.set(STOPPED_HEADER, stopped)
        }
        return refused
      }
    })
  }
}

/** Stands for a last segment that is fixed. */
const FIXED = '_'

/**
 * Where hono mounts an operation. Its fast router cannot hold a fixed segment beside a parameter, as in
 * `/checkpoints/batch` and `/checkpoints/{digest}/evidence`: there the segment is a parameter that is compared.
 */
function mountPath(operation: Operation): { readonly path: string; readonly fixed?: string } {
  const place = operation.path.lastIndexOf('/') + 1
  const beside = `${operation.path.slice(0, place)}{`
  const fixed = operation.path.slice(place)
  const all: readonly Operation[] = Object.values(operations)
  const shares = all.some(
    ({ method, path }) => method === operation.method && path.startsWith(beside),
  )
  if (fixed.startsWith('{') || !shares) return { path: honoPath(operation) }
  return { path: `${honoPath({ path: operation.path.slice(0, place) })}:${FIXED}`, fixed }
}

/** The template as the router has it: `:name` for a step, and for a tail whatever is left of the path. */
function honoPath({ path, tail }: Pick<Operation, 'path' | 'tail'>): string {
  const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1')
  return tail === true ? `${pattern}{[^]+}` : pattern
}

interface Mounted {
  readonly id: OperationId
  readonly operation: Operation
  readonly route: Route<never>
  readonly fixed: string | undefined
}

async function run(
  http: HonoContext,
  mounted: Mounted,
  { context, authenticate }: MountOptions,
): Promise<Answer> {
  const params: Input = http.req.param()
  if (mounted.fixed !== undefined) delete params[FIXED]
  let principal: Principal | undefined
  try {
    principal = await authenticate(http.req.header('authorization'))
    return await answerTo(http, { ...mounted, context, principal, params })
  } catch (error) {
    await recordDenial(context, error, { operation: mounted.id, params, principal })
    throw error
  }
}

interface Request extends Mounted {
  readonly context: Context
  readonly principal: Principal
  readonly params: Input
}

async function answerTo(http: HonoContext, request: Request): Promise<Answer> {
  const { id, operation, route, context, principal, params } = request
  validate(operation.params, params, 'path')
  const grant = authorize(operation, principal, params)
  const query = readQuery(operation, http.req.raw.url)
  const raw = await readRaw(operation, http.req.raw)
  const input: Input = { ...params, ...query }
  if (operation.body !== undefined) {
    input['body'] = parseBody(operation, raw)
    validate(operation.body, input['body'], 'body')
  }
  if (operation.method === 'GET') return route(context, principal, input as never, raw)
  const own = {
    ...idempotencyOf(http, id, { input, raw }),
    ...witnessingOf(context, input),
    ...(grant === undefined ? {} : { access: { kind: 'asked', operation: id, grant } as const }),
  }
  return route({ ...context, request: own }, principal, input as never, raw)
}

/** How far the verb must reach before the operation looks at the job itself; gives the grant's pattern. */
function authorize(operation: Operation, principal: Principal, params: Input): string | undefined {
  const { verb } = operation
  if (verb === 'public') return undefined
  const namespace = params['namespace']
  if (typeof namespace !== 'string') return undefined
  if (operation.reach === 'namespace') return requireOnNamespace(principal, verb, namespace)
  if (operation.reach === 'job') {
    return requireOnJob(principal, verb, { namespace, job: String(params['job']) })
  }
  return requireWithin(principal, verb, namespace)
}

async function readRaw(operation: Operation, request: HonoContext['req']['raw']): Promise<RawBody> {
  if (operation.body === undefined) return { text: '' }
  return { text: await readBody(request, operation.bodyMaxBytes ?? 0) }
}

function parseBody(operation: Operation, raw: RawBody): unknown {
  // The strict reader also refuses duplicate keys; routes that hash the bytes check that themselves.
  return operation.checksBytes ? parseQuickly(raw.text) : parseJsonStrictly(raw.text)
}

/** A key of the caller's, bound to who asks (by the log) and to what is asked (here). */
function idempotencyOf(
  http: HonoContext,
  id: OperationId,
  { input, raw }: { readonly input: Input; readonly raw: RawBody },
): Context['request'] | undefined {
  const key = http.req.header('idempotency-key')
  if (key === undefined) return undefined
  if (!/^[\u0021-\u007e]{1,255}$/.test(key)) {
    throw new CatalogError(
      'INVALID_REQUEST',
      'Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.',
    )
  }
  // Whether to wait for witnesses is no part of what is written.
  const { body: _body, wait: _wait, ...place } = input
  const requestDigest = digestOf(`${id}\n${canonicalize(place)}\n${raw.text}`)
  return { idempotency: { key, requestDigest } }
}

/**
 * Until when an answer waits for witnesses, if it was asked to.
 *
 * @throws {INVALID_REQUEST} this catalog has no witnesses; nothing was written
 */
function witnessingOf(context: Context, { wait }: Input): Pick<Context['request'], 'witnessing'> {
  if (wait === undefined) return {}
  if (context.cosignatures !== undefined) {
    return { witnessing: AbortSignal.timeout(WITNESSING_MAX_MS) }
  }
  throw new CatalogError(
    'INVALID_REQUEST',
    'No witness cosigns the logs of this catalog: leave out "wait", or have its operator set CAIRN_LOG_POLICY.',
    { detail: { pointer: '/wait' } },
  )
}

interface Answered {
  readonly operation: Operation
  readonly answer: Answer
  readonly requestId: string
  readonly stopped: string | undefined
}

/** What an answer from a log says that is not written to: a database that was set back can lack the newest. */
function stoppedHeader(context: Context, namespace: string | undefined): string | undefined {
  const error = context.log.stopped.of(namespace)
  if (error === undefined) return undefined
  const { missingFrom, missingTo } = error.detail
  const range = Number.isSafeInteger(missingFrom)
    ? `;missing-from=${Number(missingFrom)};missing-to=${Number(missingTo)}`
    : ''
  return `${error.code}${range}`
}

function send(http: HonoContext, { operation, answer, requestId, stopped }: Answered): Response {
  const headers: Record<string, string> = { 'x-request-id': requestId }
  if (stopped !== undefined) headers[STOPPED_HEADER] = stopped
  if (answer.location !== undefined) headers['location'] = answer.location
  if (answer.etag === undefined) headers['cache-control'] = 'no-store'
  else {
    headers['etag'] = answer.etag
    headers['cache-control'] =
      operation.mayChange === true ? 'private, no-cache' : 'private, max-age=31536000, immutable'
    if (matchesEtag(http.req.header('if-none-match'), answer.etag)) {
      return new Response(null, { status: 304, headers })
    }
  }
  headers['content-type'] = operation.contentType ?? 'application/json'
  const body =
    answer.body instanceof Uint8Array
      ? (answer.body as Uint8Array<ArrayBuffer>)
      : JSON.stringify(answer.body)
  return new Response(body, { status: answer.status ?? 200, headers })
}

function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((part) => {
    const candidate = part.trim()
    return candidate === '*' || candidate === etag || candidate === `W/${etag}`
  })
}

/** The problem that answers a throw. */
export function refuse(
  error: unknown,
  requestId: string,
  { onFailure }: Pick<MountOptions, 'onFailure'>,
): Response {
  const problem = toProblem(error, requestId)
  if (problem.status >= 500) onFailure(error, requestId)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...problemHeaders(problem), 'x-request-id': requestId },
  })
}
