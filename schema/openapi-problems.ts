import type { ErrorCode } from './errors.ts'
import { childrenOf, type ReadOperation, type WrittenSchema } from './openapi-components.ts'
import type { SchemaNode } from './openapi-schema.ts'

/** The HTTP status of every code; the server's record is the only one. */
export type StatusOf = Readonly<Record<ErrorCode, number>>

/** Any request can meet these. */
const anyErrors = [
  'INVALID_REQUEST',
  'UNKNOWN_PROPERTY',
  'HOST_NOT_ALLOWED',
  'OVERLOADED',
  'STORAGE_UNAVAILABLE',
  'SHUTTING_DOWN',
  'INTERNAL',
] as const satisfies readonly ErrorCode[]

/** A request that needs a token can also meet these. */
const tokenErrors = [
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
] as const satisfies readonly ErrorCode[]

/** A request that has a body can also meet these. */
const bodyErrors = [
  'MALFORMED_JSON',
  'INVALID_TYPE',
  'NOT_CANONICAL',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
] as const satisfies readonly ErrorCode[]

/** A request that writes can also meet these. */
const writeErrors = [
  'STORAGE_FULL',
  'LOG_ROLLED_BACK',
  'LOG_CORRUPT',
  'NOT_WITNESSED',
] as const satisfies readonly ErrorCode[]

/** Whether the operation appends to the log when it succeeds. */
export function isWrite({ operation }: ReadOperation): boolean {
  return operation.method !== 'GET' && operation.verb !== 'read'
}

/** Whether an `Idempotency-Key` binds the operation's answer. */
export function takesKey(read: ReadOperation): boolean {
  return isWrite(read) && read.operation.ignoresKey !== true
}

/** Every code that the operation can answer with: its own, its schemas', and those of its kind. */
export function errorsOf(read: ReadOperation): readonly ErrorCode[] {
  const { operation, params, query, body } = read
  const codes = new Set<ErrorCode>([
    ...anyErrors,
    ...(operation.verb === 'public' ? [] : tokenErrors),
    ...(body ? bodyErrors : []),
    ...(takesKey(read) ? (['IDEMPOTENCY_KEY_REUSED'] as const) : []),
    ...(isWrite(read) ? writeErrors : []),
    ...operation.errors,
  ])
  if (memberCount(query) > 0) codes.add('INVALID_TYPE')
  for (const node of [params, query, body]) if (node) addErrorCodes(codes, node)
  return [...codes]
}

function addErrorCodes(codes: Set<ErrorCode>, node: SchemaNode): void {
  if (node.errorCode !== undefined) codes.add(node.errorCode)
  for (const child of childrenOf(node.shape)) addErrorCodes(codes, child)
}

function memberCount(node: SchemaNode): number {
  return node.shape.kind === 'object' ? node.shape.members.length : 0
}

/** The problem responses of an operation, one for each status, with their codes in the description. */
export function writeProblems(
  read: ReadOperation,
  statusOf: StatusOf,
): Readonly<Record<string, WrittenSchema>> {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorsOf(read)) {
    const status = statusOf[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const sorted = [...byStatus].toSorted(([left], [right]) => left - right)
  return Object.fromEntries(
    sorted.map(([status, codes]) => [String(status), writeProblem(status, codes)]),
  )
}

function writeProblem(status: number, codes: readonly ErrorCode[]): WrittenSchema {
  return {
    description: codes
      .toSorted()
      .map((code) => `\`${code}\``)
      .join(', '),
    ...(status === 503
      ? { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }
      : {}),
    ...(status === 401
      ? { headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } } }
      : {}),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}
