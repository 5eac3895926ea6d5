import { isCatalogError, type ErrorCode } from './errors.ts'

/** A request that was turned away before anything was looked at. */
export interface Denial {
  readonly namespace: string
  readonly operation: string
  readonly on: string
  readonly code: ErrorCode
  readonly principal?: string
}

/** The codes of not being allowed to ask. */
const denialCodes: ReadonlySet<ErrorCode> = new Set([
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
])

/** The denial that a throw stands for; undefined for any other throw. It never holds a token. */
export function denialOf(
  error: unknown,
  asked: {
    readonly namespace: string
    readonly job?: string | undefined
    readonly operation: string
    readonly principal?: string | undefined
  },
): Denial | undefined {
  if (!isCatalogError(error) || !denialCodes.has(error.code)) return undefined
  const { namespace, job, operation, principal } = asked
  const { on } = error.detail
  const asPath = job === undefined ? namespace : `${namespace}/${job}`
  return {
    namespace,
    operation,
    on: typeof on === 'string' ? on : asPath,
    code: error.code,
    ...(principal === undefined ? {} : { principal: principal.toWellFormed() }),
  }
}
