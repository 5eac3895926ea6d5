import { CatalogError, isCatalogError } from '../schema/errors.ts'
import type { Failure } from './retry.ts'

/** A connection that could not be made, or broke before the whole answer was there. */
export function connectionFailure(cause: unknown, origin: string): Failure {
  const code = causeCode(cause)
  const error = new CatalogError(
    'CONNECTION_FAILED',
    `The catalog at ${origin} could not be reached${code === undefined ? '' : ` (${code})`}: check that it runs and that "url" is right.`,
    { cause, detail: { fromCatalog: false } },
  )
  return { error, kind: 'transient' }
}

/** The system's code for what went wrong, which fetch keeps a cause or two deep. */
function causeCode(cause: unknown): string | undefined {
  let current = cause
  for (let depth = 0; depth < CAUSES_MAX_DEPTH && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code
    current = current.cause
  }
  return undefined
}

/** Causes looked at: fetch's own error, the socket's, and one to spare. */
const CAUSES_MAX_DEPTH = 3

/** One attempt that got no answer in its time. */
export function attemptTimeout(ms: number): Failure {
  const error = new CatalogError(
    'DEADLINE_EXCEEDED',
    `The catalog gave no answer within ${Math.round(ms)} ms.`,
    { detail: { fromCatalog: false } },
  )
  return { error, kind: 'transient' }
}

/** The caller's signal has aborted. */
export function abortedError(reason: unknown): CatalogError {
  return new CatalogError('ABORTED', 'The caller aborted the call.', { cause: reason })
}

/** The same error with more in its detail. */
export function withDetail(
  error: CatalogError,
  detail: Readonly<Record<string, unknown>>,
): CatalogError {
  const { code, message, cause } = error
  return new CatalogError(code, message, {
    ...(cause === undefined ? {} : { cause }),
    detail: { ...error.detail, ...detail },
  })
}

/** Any thrown value as the one error class. */
export function asCatalogError(value: unknown): CatalogError {
  if (isCatalogError(value)) return value
  return new CatalogError('INTERNAL', 'The client failed: see the cause.', {
    cause: value,
  })
}
