import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { canonicalize } from '../../schema/canonical-json.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { TokenClaims } from '../../schema/resume-token.ts'
import type { LogKeys } from './signing-keys.ts'

/** What a token begins with; another version would have another word here. */
const PREFIX = 'cairn-resume-1'
const KEY_BYTES = 32

/** Makes resume tokens, and reads back what this catalog made. */
export interface ResumeTokens {
  sign(claims: TokenClaims): string
  /**
   * What a token says.
   *
   * @throws {RESUME_TOKEN_INVALID} it was altered, or another catalog or a retired key signed it
   */
  open(token: string): TokenClaims
}

/**
 * Tokens under keys derived from those that sign the logs: every server of a database has these, and a retired
 * one ends its tokens with it. The derivation keeps the two uses apart.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export function openResumeTokens({ keys }: LogKeys): ResumeTokens {
  const secrets = keys
    .filter((key) => key.retiredAt === undefined)
    .map(({ privateKey }) => {
      const seed = privateKey.export({ type: 'pkcs8', format: 'der' })
      return Buffer.from(hkdfSync('sha256', seed, '', PREFIX, KEY_BYTES))
    })
  const [signing] = secrets
  if (signing === undefined) throw new Error('a key that signs is always left')
  const macOf = (secret: Buffer, payload: string): Buffer =>
    createHmac('sha256', secret).update(`${PREFIX}.${payload}`).digest()
  return {
    sign: ({ namespace, job, partition, checkpoint, expiresAtMs }) => {
      const text = canonicalize([namespace, job, partition, checkpoint, expiresAtMs])
      const payload = Buffer.from(text).toString('base64url')
      return `${PREFIX}.${payload}.${macOf(signing, payload).toString('base64url')}`
    },
    open: (token) => {
      const [prefix, payload = '', signature = '', ...rest] = token.split('.')
      const given = Buffer.from(signature, 'base64url')
      const isOurs =
        prefix === PREFIX &&
        rest.length === 0 &&
        // Of several texts that decode to the same bytes, only the one that was given out.
        given.toString('base64url') === signature &&
        secrets.some((secret) => isSame(macOf(secret, payload), given))
      if (!isOurs) throw invalid()
      return parseClaims(payload)
    },
  }
}

function isSame(mac: Buffer, given: Buffer): boolean {
  return mac.length === given.length && timingSafeEqual(mac, given)
}

/** Only for what was signed here: its shape is ours. */
function parseClaims(payload: string): TokenClaims {
  const [namespace, job, partition, checkpoint, expiresAtMs] = JSON.parse(
    Buffer.from(payload, 'base64url').toString(),
  ) as [
    TokenClaims['namespace'],
    TokenClaims['job'],
    TokenClaims['partition'],
    TokenClaims['checkpoint'],
    number,
  ]
  return { namespace, job, partition, checkpoint, expiresAtMs }
}

const invalid = (): CatalogError =>
  new CatalogError(
    'RESUME_TOKEN_INVALID',
    'The resume token is not one that this catalog signed, or it was altered: get another with POST /resume-tokens, or resume "latest".',
  )
