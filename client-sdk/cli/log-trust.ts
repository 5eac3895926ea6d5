import { CatalogError } from '../../schema/errors.ts'
import { MAX_POLICY_BYTES } from '../../schema/transparency/log-policy.ts'
import type { TrustRoot } from '../verify/check-head.ts'
import { parseTrustRoot } from '../verify/parse-trust-root.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional, repeated } from './flag.ts'
import { readText } from './flag-values.ts'
import { readInput } from './input-file.ts'

const heading = 'Trust'

/** The flags of every command that judges a log. */
export const trustFlags = {
  keys: repeated(
    {
      usage: '--key <key>',
      summary: "the log's verifier key, from elsewhere than the log; may be given several times",
      heading,
    },
    readText,
  ),
  policyFile: optional(
    { usage: '--policy <path>', summary: 'a C2SP tlog-policy: logs, witnesses, quorum', heading },
    readText,
  ),
}

/** Whether the flags say whom to believe. */
export function isTrustGiven({ keys, policyFile }: ValuesOf<typeof trustFlags>): boolean {
  return keys.length > 0 || policyFile !== undefined
}

/**
 * Whom the flags say to believe.
 *
 * @throws {INVALID_REQUEST} they say nothing
 * @throws {CONFIG_INVALID} a key or the policy cannot be read
 */
export async function readTrust(values: ValuesOf<typeof trustFlags>): Promise<TrustRoot> {
  const { keys, policyFile } = values
  if (!isTrustGiven(values)) {
    throw new CatalogError(
      'INVALID_REQUEST',
      'Say whom to believe: give --key or --policy. "cairn log keys" shows what the log itself says; compare it with what its operator has published.',
    )
  }
  const policy = policyFile && (await readInput(policyFile, MAX_POLICY_BYTES))
  return parseTrustRoot(defined({ keys, policy }))
}
