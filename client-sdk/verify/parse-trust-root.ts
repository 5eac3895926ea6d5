import { CatalogError } from '../../schema/errors.ts'
import type { Parsed } from '../../schema/transparency/finding.ts'
import { parseLogPolicy } from '../../schema/transparency/log-policy.ts'
import { parseVerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { TrustRoot } from './check-head.ts'

/** Whom to believe about logs, as people keep it; from somewhere other than the log itself. */
export interface TrustTexts {
  /** Verifier keys of the log, as `name+id+base64`: one for each key that may sign it. */
  readonly keys?: readonly string[]
  /** A C2SP tlog-policy: logs, witnesses and a quorum. */
  readonly policy?: string
}

/**
 * Reads keys and a policy; the error lists all that is wrong with them, also in `detail.findings`.
 *
 * @throws {CONFIG_INVALID} there is no key, or a key or the policy cannot be read
 * @see https://c2sp.org/tlog-policy
 */
export function parseTrustRoot({ keys = [], policy: policyText }: TrustTexts): TrustRoot {
  if (keys.length === 0 && policyText === undefined) {
    throw new CatalogError(
      'CONFIG_INVALID',
      'There is nobody to trust: give the keys of the log, or a policy.',
    )
  }
  const parsed = keys.map((text, place) => parseVerifierKey(text, `key ${place + 1}`))
  const policy = policyText === undefined ? undefined : parseLogPolicy(policyText)
  const all: readonly Parsed<unknown>[] = policy === undefined ? parsed : [...parsed, policy]
  const findings = all.flatMap((one) => (one.ok ? [] : one.findings))
  if (findings.length > 0) {
    const sentences = findings.map(({ where, message }) => `${where}: ${message}`)
    throw new CatalogError('CONFIG_INVALID', sentences.join(' '), { detail: { findings } })
  }
  return {
    keys: parsed.flatMap((one) => (one.ok ? [one.value] : [])),
    ...(policy?.ok === true ? { policy: policy.value } : {}),
  }
}
