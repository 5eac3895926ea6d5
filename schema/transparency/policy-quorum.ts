import { NO_QUORUM, type LogPolicy, type PolicyLog } from './log-policy.ts'
import { sameVerifierKey, type VerifierKey } from './verifier-key.ts'

/** Every key of a policy, logs' and witnesses': those to check a note against. */
export function policyKeys(policy: LogPolicy): readonly VerifierKey[] {
  return [...policy.logs, ...policy.witnesses].map((one) => one.key)
}

/**
 * The log of a policy that has signed a tree head with this origin, or undefined. A log signs under its
 * own origin only.
 */
export function signingLog(
  policy: LogPolicy,
  origin: string,
  verifiedBy: readonly VerifierKey[],
): PolicyLog | undefined {
  return policy.logs.find(
    ({ key }) => key.name === origin && verifiedBy.some((one) => sameVerifierKey(one, key)),
  )
}

/**
 * Whether the witnesses among the keys that have signed are those that a policy asks for.
 *
 * @see https://c2sp.org/tlog-policy
 */
export function meetsQuorum(policy: LogPolicy, verifiedBy: readonly VerifierKey[]): boolean {
  if (policy.quorum === NO_QUORUM) return true
  const witnessed = new Set<string>()
  for (const { name, key } of policy.witnesses) {
    if (verifiedBy.some((one) => sameVerifierKey(one, key))) witnessed.add(name)
  }
  // Members are defined before their group, so one pass in order settles them all.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name)
  }
  return witnessed.has(policy.quorum)
}
