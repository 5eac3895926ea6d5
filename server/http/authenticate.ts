import { errors as joseErrors } from 'jose'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/grant.ts'

/** Verified tokens kept: verifying one costs more than the rest of the request. */
const CACHE_MAX_COUNT = 2_000
/** Longer ones are verified each time: with the count, this bounds the memory. */
const CACHED_TOKEN_MAX_LENGTH = 4096
/** A verified token is believed this long, and never beyond its own expiry. */
const CACHE_MAX_AGE_MS = 60_000

/** Who holds a token, and until when. */
export interface VerifiedToken {
  readonly principal: Principal
  readonly expiresAtMs: number
}

/** Checks a token's signature and claims. */
export type VerifyToken = (token: string) => Promise<VerifiedToken>

/** Finds out who asks, from the Authorization header. */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>

/**
 * Bearer tokens to principals, with a bounded memory of those already verified. Refusals are not kept.
 *
 * The promise throws `TOKEN_MISSING`, `TOKEN_INVALID` or `TOKEN_EXPIRED`; none of them repeats the token.
 */
export function createAuthenticate(verify: VerifyToken, nowMs: () => number): Authenticate {
  const known = new Map<string, { readonly principal: Principal; readonly untilMs: number }>()
  return async (authorization) => {
    const now = nowMs()
    const cached = known.get(authorization ?? '')
    if (cached !== undefined && now < cached.untilMs) return cached.principal
    const token = bearerToken(authorization)
    const { principal, expiresAtMs } = await verifyOrRefuse(verify, token)
    if (token.length > CACHED_TOKEN_MAX_LENGTH) return principal
    if (known.size >= CACHE_MAX_COUNT) known.clear()
    known.set(authorization ?? '', {
      principal,
      untilMs: Math.min(expiresAtMs, now + CACHE_MAX_AGE_MS),
    })
    return principal
  }
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') {
    throw new CatalogError(
      'TOKEN_MISSING',
      'Send a token as "Authorization: Bearer …"; `cairn token` makes one.',
    )
  }
  // RFC 9110 §11.1: the scheme's name may be in any case.
  const match = /^bearer ([A-Za-z0-9._~+/=-]{1,16384})$/i.exec(authorization)
  if (match?.[1] === undefined) {
    throw new CatalogError(
      'TOKEN_INVALID',
      'The Authorization header must be "Bearer" and one token.',
    )
  }
  return match[1]
}

async function verifyOrRefuse(verify: VerifyToken, token: string): Promise<VerifiedToken> {
  try {
    return await verify(token)
  } catch (error) {
    if (isCatalogError(error)) throw error
    if (error instanceof joseErrors.JWTExpired) {
      throw new CatalogError('TOKEN_EXPIRED', 'The token has expired: get a new one.')
    }
    if (error instanceof joseErrors.JOSEError) {
      throw new CatalogError(
        'TOKEN_INVALID',
        'The token was not issued for this catalog, or was altered: get a new one.',
      )
    }
    throw error
  }
}
