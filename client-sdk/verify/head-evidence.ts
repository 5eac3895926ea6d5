import type { Finding } from '../../schema/transparency/finding.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { HeadAcceptance, HeadConflict, HeadOffer } from './accept-head.ts'
import { logKeysOf } from './check-head.ts'

/** A head that was not accepted, beside those that were before: what anyone needs to judge the log, in plain JSON. */
export interface HeadEvidence {
  readonly findings: readonly Finding[]
  /** The signed head that was refused. */
  readonly offered: string
  /** The signed heads that were accepted before, by the key of the log. */
  readonly remembered: readonly { readonly verifierKey: string; readonly signedHead: string }[]
  readonly conflicts: readonly HeadConflict[]
}

/**
 * Gathers the evidence of a refused head.
 *
 * @throws {STORE_FAILED} a memory on disk cannot be read
 */
export async function gatherEvidence(
  offer: HeadOffer,
  refusal: HeadAcceptance & { readonly ok: false },
): Promise<HeadEvidence> {
  const keys = logKeysOf(offer).filter((key) => offer.signedHead.startsWith(`${key.name}\n`))
  const kept = await Promise.all(
    keys.map(async (key) => {
      const signedHead = await offer.memory.load(key)
      return signedHead === undefined ? [] : [{ verifierKey: formatVerifierKey(key), signedHead }]
    }),
  )
  const { findings, conflicts } = refusal
  return { findings, offered: offer.signedHead, remembered: kept.flat(), conflicts }
}

/** Whether a head was refused only for being older than one that it provably belongs to: late, not false. */
export function isMerelyOlder({ ok, findings }: HeadAcceptance): boolean {
  return !ok && findings.every((finding) => finding.code === 'head-older')
}
