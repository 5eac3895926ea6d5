import { leafHash } from '../../schema/merkle.ts'
import { verifyInclusion } from '../../schema/merkle-check.ts'
import type { Finding } from '../../schema/transparency/finding.ts'
import { parseTlogProof } from '../../schema/transparency/tlog-proof.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import { checkHead, type TrustRoot } from './check-head.ts'

/** The claim that an entry is in a log, and whom to believe about the log. */
export interface ReceiptClaim extends TrustRoot {
  /** The exact bytes of the entry. */
  readonly entry: Uint8Array
  /** The receipt in the C2SP tlog-proof format, its text or the UTF-8 bytes of it. */
  readonly tlogProof: string | Uint8Array
}

/** What checking a receipt came to; only a good one says where the entry is. */
export type ReceiptVerdict =
  | {
      readonly ok: true
      readonly findings: readonly []
      readonly index: number
      readonly head: TreeHead
    }
  | { readonly ok: false; readonly findings: readonly Finding[] }

/**
 * Checks offline that an entry is in a log: the signatures on the tree head, and the inclusion proof from
 * the entry's bytes to its root. Lists all that is wrong; never throws.
 *
 * @see https://c2sp.org/tlog-proof
 */
export async function checkReceipt(claim: ReceiptClaim): Promise<ReceiptVerdict> {
  const proof = parseTlogProof(claim.tlogProof)
  if (!proof.ok) return proof
  const { index, path, signedHead } = proof.value
  const { head, findings } = await checkHead(signedHead, claim)
  if (head === undefined) return { ok: false, findings }
  const { size, root } = head
  const inclusion = verifyInclusion({ index, size, leafHash: leafHash(claim.entry), path, root })
  if (findings.length === 0 && inclusion.ok) return { ok: true, findings: [], index, head }
  if (inclusion.ok) return { ok: false, findings }
  const notIncluded: Finding = {
    code: 'proof-invalid',
    where: 'inclusion proof',
    message: `It does not lead from this entry at index ${index} to the root of ${size} entries (${inclusion.reason}): use the exact bytes of the entry and the receipt.`,
  }
  return { ok: false, findings: [...findings, notIncluded] }
}
