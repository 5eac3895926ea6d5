import type { IncomingMessage } from 'node:http'
import { S3Failure } from './failure.ts'

/** A request, taken apart and not yet believed. */
export interface S3Request {
  readonly method: string
  /** As it was sent, without the query. */
  readonly rawPath: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly query: ReadonlyMap<string, string>
  /** Names in lower case. Those that a presigned URL carries in its query are among them. */
  readonly headers: ReadonlyMap<string, string>
  /** The same without what the query carries. */
  readonly sentHeaders: ReadonlyMap<string, string>
  readonly body: AsyncIterable<Uint8Array>
}

/** An answer of the double. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | AnswerBody
}

/** Bytes of a known length. */
export interface AnswerBody {
  readonly sizeBytes: number
  readonly pieces: Iterable<Uint8Array>
}

/** Longest key of the S3 API, in bytes of UTF-8. */
const KEY_MAX_BYTES = 1024

/** Query parameters of the signature itself; others that begin so stand for headers. */
const signing =
  /^x-amz-(?:algorithm|credential|date|expires|signedheaders|signature|security-token)$/

/** Takes a request apart, path style. */
export function parseRequest(
  incoming: IncomingMessage,
  body: AsyncIterable<Uint8Array>,
): S3Request {
  const url = incoming.url ?? '/'
  const mark = url.indexOf('?')
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  const query = parseQuery(mark < 0 ? '' : url.slice(mark + 1))
  const sentHeaders = new Map<string, string>()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) sentHeaders.set(name, Array.isArray(value) ? value.join(',') : value)
  }
  const headers = new Map(sentHeaders)
  for (const [name, value] of query) {
    const lower = name.toLowerCase()
    if (lower.startsWith('x-amz-') && !signing.test(lower)) headers.set(lower, value)
  }
  const [bucket, key] = parsePath(rawPath)
  const method = incoming.method ?? 'GET'
  return { method, rawPath, bucket, key, query, headers, sentHeaders, body }
}

function parsePath(rawPath: string): readonly [string | undefined, string | undefined] {
  const slash = rawPath.indexOf('/', 1)
  const bucket = decode(slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash))
  const key = slash < 0 ? '' : decode(rawPath.slice(slash + 1))
  if (Buffer.byteLength(key) > KEY_MAX_BYTES) throw new S3Failure('KeyTooLongError')
  return [bucket === '' ? undefined : bucket, key === '' ? undefined : key]
}

function parseQuery(raw: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>()
  for (const pair of raw.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    if (query.has(name)) throw new S3Failure('InvalidArgument', `${name} is given twice.`)
    query.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1)))
  }
  return query
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Failure('InvalidArgument', 'The URI is not valid percent-encoding of UTF-8.')
  }
}

/** A whole number of a query parameter or header, within bounds. */
export function parseCount(
  name: string,
  text: string | undefined,
  bounds: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  if (text === undefined) return bounds.fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < bounds.min) {
    throw new S3Failure('InvalidArgument', `${name} must be a number from ${bounds.min} on.`)
  }
  return Math.min(value, bounds.max)
}
