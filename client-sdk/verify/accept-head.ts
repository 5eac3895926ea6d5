import { verifyConsistency } from '../../schema/merkle-check.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import type { Finding } from '../../schema/transparency/finding.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import { formatVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import { checkHead, logKeysOf, type TrustRoot } from './check-head.ts'
import type { HeadMemory } from './head-memory.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
import type { TileProofs } from './tile-nodes.ts'

/** A signed tree head that a log offers, and what to judge it by. */
export interface HeadOffer extends TrustRoot {
  /** The text of the signed head. */
  readonly signedHead: string
  readonly memory: HeadMemory
  /** Where consistency proofs come from; they are checked, so it need not be trusted. */
  readonly proofs: Pick<TileProofs, 'consistency'>
}

/**
 * Two signed heads of one log that no proof reconciles: all that anyone needs to see it, in plain JSON.
 *
 * Of heads of one size with two roots, that is proof by itself. Of two sizes, the proof that was offered
 * does not hold; ask the log for another before accusing it.
 */
export interface HeadConflict {
  /** The log's key, which has signed both. */
  readonly verifierKey: string
  readonly remembered: string
  readonly offered: string
  /** The consistency proof that failed, in base64; empty for heads of one size. */
  readonly consistencyPath: readonly string[]
}

/** What became of a head. */
export type HeadAcceptance =
  | { readonly ok: true; readonly findings: readonly []; readonly head: TreeHead }
  | {
      readonly ok: false
      readonly findings: readonly Finding[]
      /** Kept for each remembered head that the offered one contradicts. */
      readonly conflicts: readonly HeadConflict[]
    }

/**
 * Accepts a signed tree head if it continues every head remembered of the log, and remembers it.
 *
 * The first head of a log is accepted on its signatures alone. A head that is older than a remembered one is
 * refused and nothing is remembered, as is one that no consistency proof joins to it.
 *
 * Two processes may share a memory; the head that is saved last stays, and both were checked.
 *
 * @throws {STORE_FAILED} a memory on disk cannot be read or written
 */
export async function acceptHead(offer: HeadOffer): Promise<HeadAcceptance> {
  const { signedHead, memory } = offer
  const { ok, head, signers, findings } = await checkHead(signedHead, offer)
  if (!ok || head === undefined) return { ok: false, findings, conflicts: [] }
  const keys = logKeysOf(offer).filter((key) => key.name === head.origin)
  const judged = await Promise.all(keys.map((key) => judge(offer, head, key)))
  const faults = judged.flatMap((one) => one.findings)
  if (faults.length > 0) {
    return { ok: false, findings: faults, conflicts: judged.flatMap((one) => one.conflicts) }
  }
  for (const key of signers) await memory.save(key, signedHead)
  return { ok: true, findings: [], head }
}

/** What one remembered head has against the offered one. */
interface Judgement {
  readonly findings: readonly Finding[]
  readonly conflicts: readonly HeadConflict[]
}

async function judge(offer: HeadOffer, head: TreeHead, key: VerifierKey): Promise<Judgement> {
  const remembered = await offer.memory.load(key)
  if (remembered === undefined) return against([])
  const before = await checkHead(remembered, { keys: [key] })
  if (!before.ok || before.head === undefined) return against([MEMORY_DAMAGED])
  const conflict = {
    verifierKey: formatVerifierKey(key),
    remembered,
    offered: offer.signedHead,
    consistencyPath: [],
  }
  if (before.head.size === head.size) {
    return sameBytes(before.head.root, head.root) ? against([]) : against([TWO_ROOTS], [conflict])
  }
  const isOlder = head.size < before.head.size
  const [older, newer] = isOlder ? [head, before.head] : [before.head, head]
  const verdict = isOlder ? against([OLDER]) : against([])
  // Every log continues the empty one, so there is nothing to prove.
  if (older.size === 0) return verdict
  const path = await offer.proofs.consistency(older.size, newer.size)
  if (!path.ok) return against([...verdict.findings, ...path.findings])
  const proven = verifyConsistency({
    oldSize: older.size,
    oldRoot: older.root,
    newSize: newer.size,
    newRoot: newer.root,
    path: path.value,
  })
  if (proven.ok) return verdict
  return against(
    [...verdict.findings, unproven(older.size, newer.size)],
    [{ ...conflict, consistencyPath: path.value.map(encodeBase64) }],
  )
}

function against(findings: readonly Finding[], conflicts: readonly HeadConflict[] = []): Judgement {
  return { findings, conflicts }
}

function unproven(oldSize: number, newSize: number): Finding {
  return {
    code: 'proof-invalid',
    where: 'consistency proof',
    message: `It does not show that the log of ${oldSize} entries is the beginning of that of ${newSize}: keep both heads, and ask whoever runs the log.`,
  }
}

const MEMORY_DAMAGED: Finding = {
  code: 'head-memory-damaged',
  where: 'remembered head',
  message:
    'It is not signed by the key that it is kept for: find out what changed it before removing it.',
}

const TWO_ROOTS: Finding = {
  code: 'head-conflict',
  where: 'root',
  message: 'The log has signed two roots for one size: its past was rewritten. Keep both heads.',
}

const OLDER: Finding = {
  code: 'head-older',
  where: 'size',
  message:
    'The log has signed a larger head before: this is a stale copy, or the log was set back. Ask again.',
}
