import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT, type JWK } from 'jose'
import { CatalogError } from '../../schema/errors.ts'
import { isGrantPattern, verbs, type Grant } from '../../schema/grant.ts'
import type { VerifiedToken } from '../http/authenticate.ts'

/** The issuer of tokens that the local key signs; believed by this catalog alone. */
export const LOCAL_ISSUER = 'cairn:local'
export const AUDIENCE = 'cairn'
const ALGORITHM = 'EdDSA'
/** Clocks of one machine agree; a little is left for a clock that is set while running. */
const CLOCK_TOLERANCE_SECONDS = 5

/** Signs and checks tokens of the machine's own key. */
export interface LocalKey {
  sign(token: TokenRequest): Promise<string>
  verify(token: string): Promise<VerifiedToken>
}

/** What a token says. */
export interface TokenRequest {
  readonly subject: string
  readonly grants: readonly Grant[]
  readonly issuedAtMs: number
  /** Seconds until it expires. */
  readonly lifetimeSeconds: number
}

/**
 * Opens the key in the data folder, or makes one that only its owner can read.
 *
 * @throws {CONFIG_INVALID} the file is there and is no key
 */
export async function openLocalKey(dataDirectory: string): Promise<LocalKey> {
  const file = join(dataDirectory, 'local-key.json')
  const jwk = readKey(file) ?? (await createKey(dataDirectory, file))
  const { privateKey, publicKey } = await importKeys(jwk, file)
  return {
    sign: ({ subject, grants, issuedAtMs, lifetimeSeconds }) => {
      const issuedAt = Math.floor(issuedAtMs / 1000)
      return new SignJWT({ grants })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(LOCAL_ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(privateKey)
    },
    verify: async (token) => {
      const { payload } = await jwtVerify(token, publicKey, {
        issuer: LOCAL_ISSUER,
        audience: AUDIENCE,
        algorithms: [ALGORITHM],
        requiredClaims: ['exp', 'iat', 'sub', 'grants'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      })
      return {
        principal: { id: payload.sub ?? '', grants: parseGrants(payload['grants']) },
        expiresAtMs: (payload.exp ?? 0) * 1000,
      }
    },
  }
}

/**
 * Reads grants from a token or a file.
 *
 * @throws {TOKEN_INVALID} they are not a list of verbs on `namespace/job` patterns
 */
export function parseGrants(value: unknown): readonly Grant[] {
  if (!Array.isArray(value)) throw invalidGrants()
  return value.map((item: unknown) => {
    const { verbs: wanted, on } = (item ?? {}) as {
      readonly verbs?: unknown
      readonly on?: unknown
    }
    const known: readonly unknown[] = verbs
    if (!Array.isArray(wanted) || !wanted.every((verb) => known.includes(verb)))
      throw invalidGrants()
    if (typeof on !== 'string' || !isGrantPattern(on)) throw invalidGrants()
    return { verbs: wanted as Grant['verbs'], on }
  })
}

async function importKeys(jwk: JWK, file: string) {
  try {
    const { d: _, ...publicPart } = jwk
    const [privateKey, publicKey] = await Promise.all([
      importJWK(jwk, ALGORITHM),
      importJWK(publicPart, ALGORITHM),
    ])
    return { privateKey, publicKey }
  } catch (cause) {
    throw notAKey(file, cause)
  }
}

function readKey(file: string): JWK | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text) as JWK
  } catch (cause) {
    throw notAKey(file, cause)
  }
}

async function createKey(dataDirectory: string, file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  // Exclusive: two servers that start at once must not each believe in a key of their own.
  try {
    writeFileSync(file, JSON.stringify(jwk), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readKey(file) ?? jwk
  }
  return jwk
}

const invalidGrants = (): CatalogError =>
  new CatalogError(
    'TOKEN_INVALID',
    'The token\'s "grants" must be a list of { verbs, on }, with on as "namespace/job": get a new one.',
  )

const notAKey = (file: string, cause: unknown): CatalogError =>
  new CatalogError(
    'CONFIG_INVALID',
    `${file} is not a key: move it away, and a new one is made; tokens of the old one end with it.`,
    { cause },
  )
