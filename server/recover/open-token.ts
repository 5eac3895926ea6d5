import { CatalogError } from '../../schema/errors.ts'
import type { JobName, NamespaceName, Partition } from '../../schema/names.ts'
import type { TokenClaims } from '../../schema/resume-token.ts'
import type { Context } from '../context.ts'

/** Where a token is given; a job that is left out may be any of the namespace. */
export interface TokenPlace {
  readonly namespace: NamespaceName
  readonly job?: JobName
  readonly partition?: Partition
}

/**
 * What a resume token stands for, where it is good here and now.
 *
 * @throws {RESUME_TOKEN_INVALID | RESUME_TOKEN_EXPIRED | RESUME_TOKEN_MISMATCH}
 */
export function openToken(
  { tokens, nowMs }: Pick<Context, 'tokens' | 'nowMs'>,
  token: string,
  place: TokenPlace,
): TokenClaims {
  const claims = tokens.open(token)
  const { namespace, job = claims.job, partition = claims.partition } = place
  if (claims.namespace !== namespace || claims.job !== job || claims.partition !== partition) {
    throw new CatalogError(
      'RESUME_TOKEN_MISMATCH',
      `The resume token is for namespace "${claims.namespace}", job "${claims.job}", partition "${claims.partition}", and was given for "${namespace}", "${job}", "${partition}": use it there, or get one for here with POST /resume-tokens.`,
    )
  }
  if (claims.expiresAtMs <= nowMs()) {
    throw new CatalogError(
      'RESUME_TOKEN_EXPIRED',
      `The resume token expired at ${new Date(claims.expiresAtMs).toISOString()}: get another with POST /resume-tokens for ${claims.checkpoint}, or resume "latest".`,
    )
  }
  return claims
}
