import { readFileSync } from 'node:fs'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose'
import { Type, type Static } from 'typebox'
import { CatalogError } from '../../schema/errors.ts'
import { isGrantPattern, verbs, type Grant } from '../../schema/grant.ts'
import type { VerifiedToken, VerifyToken } from '../http/authenticate.ts'
import { validate } from '../http/validate.ts'
import { LOCAL_ISSUER, type LocalKey } from './local-key.ts'

/** Clocks of different machines. */
const CLOCK_TOLERANCE_SECONDS = 60

const closed = { additionalProperties: false }

/** Who may issue tokens, and what their holders may do. Claims are matched whole, by exact value. */
const AuthFile = Type.Object(
  {
    issuers: Type.Array(
      Type.Object(
        {
          issuer: Type.String({ minLength: 1 }),
          audience: Type.String({ minLength: 1 }),
          algorithms: Type.Array(Type.Enum(['RS256', 'PS256', 'ES256', 'EdDSA']), { minItems: 1 }),
          jwksUrl: Type.Optional(Type.String({ pattern: '^https://' })),
          jwksFile: Type.Optional(Type.String()),
          maxAgeSeconds: Type.Integer({ minimum: 60, maximum: 86_400 }),
        },
        closed,
      ),
      { minItems: 1 },
    ),
    grants: Type.Array(
      Type.Object(
        {
          issuer: Type.String(),
          claims: Type.Record(Type.String(), Type.String(), { minProperties: 1 }),
          verbs: Type.Array(Type.Enum([...verbs]), { minItems: 1 }),
          on: Type.String(),
        },
        closed,
      ),
    ),
  },
  closed,
)
type AuthFile = Static<typeof AuthFile>

/**
 * Reads the file of issuers and grants.
 *
 * @throws {CONFIG_INVALID} it cannot be read, or says something that is not understood
 */
export function openIssuers(file: string): VerifyToken {
  const { issuers, grants } = readAuthFile(file)
  const verifiers = new Map(issuers.map((issuer) => [issuer.issuer, verifierOf(issuer, grants)]))
  return async (token) => {
    // Looked up by exact text before anything is fetched: a token cannot choose who vouches for it.
    const verify = verifiers.get(decodeJwt(token).iss ?? '')
    if (verify === undefined) {
      throw new CatalogError('TOKEN_INVALID', 'This catalog does not know the issuer of the token.')
    }
    return verify(token)
  }
}

function verifierOf(issuer: AuthFile['issuers'][number], grants: AuthFile['grants']): VerifyToken {
  const keys =
    issuer.jwksFile === undefined
      ? createRemoteJWKSet(new URL(issuer.jwksUrl ?? ''))
      : createLocalJWKSet(JSON.parse(readFileSync(issuer.jwksFile, 'utf8')) as JSONWebKeySet)
  const own = grants.filter((grant) => grant.issuer === issuer.issuer)
  return async (token): Promise<VerifiedToken> => {
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.issuer,
      audience: issuer.audience,
      algorithms: issuer.algorithms,
      requiredClaims: ['exp', 'iat', 'sub'],
      maxTokenAge: issuer.maxAgeSeconds,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    })
    const matching = own.filter(({ claims }) =>
      Object.entries(claims).every(([name, value]) => payload[name] === value),
    )
    return {
      principal: {
        id: `${issuer.issuer}#${payload.sub ?? ''}`,
        grants: matching.map(({ verbs: granted, on }): Grant => ({ verbs: granted, on })),
      },
      expiresAtMs: (payload.exp ?? 0) * 1000,
    }
  }
}

function readAuthFile(file: string): AuthFile {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    validate(AuthFile, content, 'body')
    const parsed = content as AuthFile
    for (const { issuer, jwksUrl, jwksFile } of parsed.issuers) {
      if ((jwksUrl === undefined) === (jwksFile === undefined)) {
        throw new Error(`the issuer ${issuer} needs either jwksUrl or jwksFile`)
      }
    }
    for (const { on } of parsed.grants) {
      if (!isGrantPattern(on)) throw new Error(`"${on}" is not a namespace/job pattern`)
    }
    return parsed
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CatalogError('CONFIG_INVALID', `CAIRN_AUTH_FILE ${file}: ${reason}`, { cause })
  }
}

/** The local key's own tokens, and those of configured issuers: each by what it says of its issuer. */
export function eitherOf(local: LocalKey, issuers: VerifyToken): VerifyToken {
  return async (token) =>
    decodeJwt(token).iss === LOCAL_ISSUER ? local.verify(token) : issuers(token)
}
