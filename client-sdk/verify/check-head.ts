import { EMPTY_ROOT } from '../../schema/merkle.ts'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import type { Finding } from '../../schema/transparency/finding.ts'
import type { LogPolicy } from '../../schema/transparency/log-policy.ts'
import { meetsQuorum, policyKeys } from '../../schema/transparency/policy-quorum.ts'
import { parseSignedNote } from '../../schema/transparency/signed-note.ts'
import { parseTreeHead, type TreeHead } from '../../schema/transparency/tree-head.ts'
import { sameVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
import { verdictOf, type Verdict } from './verdict.ts'

/** Whom a check believes; got from somewhere other than the log that is checked. */
export interface TrustRoot {
  /** The keys of logs, pinned. A key counts for the log whose origin is its name. */
  readonly keys: readonly VerifierKey[]
  /** More logs, and which witnesses must have cosigned; without it, none must. */
  readonly policy?: LogPolicy
}

/** What checking a signed tree head came to. */
export type HeadVerdict = Verdict & {
  /** The head as it reads; only with `ok` has anybody signed it. */
  readonly head?: TreeHead
  /** The trusted keys of the log itself that have signed it. */
  readonly signers: readonly VerifierKey[]
}

/**
 * Checks a signed tree head, its text or the UTF-8 bytes of it: who signed it, that the log did, that the
 * witnesses did that the policy asks for. Never throws.
 *
 * @see https://c2sp.org/tlog-checkpoint
 */
export async function checkHead(
  signedHead: string | Uint8Array,
  trust: TrustRoot,
): Promise<HeadVerdict> {
  const note = parseSignedNote(signedHead)
  if (!note.ok) return { ...verdictOf(note.findings), signers: [] }
  const { keys, policy } = trust
  const trusted = policy === undefined ? keys : [...keys, ...policyKeys(policy)]
  const checked = await checkSignedNote(note.value, trusted)
  const findings: Finding[] = [...checked.findings]
  const head = parseTreeHead(note.value.text)
  if (!head.ok) return { ...verdictOf([...findings, ...head.findings]), signers: [] }
  const signers = checked.verifiedBy.filter(
    (key) =>
      key.name === head.value.origin &&
      logKeysOf(trust).some((logKey) => sameVerifierKey(key, logKey)),
  )
  if (checked.ok && signers.length === 0) findings.push(NOT_BY_LOG)
  if (checked.ok && policy !== undefined && !meetsQuorum(policy, checked.verifiedBy)) {
    findings.push(QUORUM_UNMET)
  }
  if (head.value.size === 0 && !sameBytes(head.value.root, EMPTY_ROOT))
    findings.push(EMPTY_WITH_ROOT)
  return { ...verdictOf(findings), head: head.value, signers }
}

/** The keys of logs that one trusts. */
export function logKeysOf({ keys, policy }: TrustRoot): readonly VerifierKey[] {
  return [...keys, ...(policy?.logs ?? []).map((log) => log.key)]
}

const NOT_BY_LOG: Finding = {
  code: 'signature-unknown',
  where: 'origin',
  message:
    'No trusted key of this origin has signed the head; get the key from whoever runs the log.',
}

const QUORUM_UNMET: Finding = {
  code: 'quorum-unmet',
  where: 'signatures',
  message: 'Fewer witnesses have cosigned than the policy asks for; wait for them and ask again.',
}

const EMPTY_WITH_ROOT: Finding = {
  code: 'root-mismatch',
  where: 'root',
  message: 'The log says that it is empty, and its root is not that of the empty log.',
}
