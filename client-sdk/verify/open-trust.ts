import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { leafHash } from '../../schema/merkle.ts'
import { decodeBase64, encodeBase64 } from '../../schema/transparency/base64.ts'
import { accepted, refused, type Finding, type Parsed } from '../../schema/transparency/finding.ts'
import { parseTlogProof } from '../../schema/transparency/tlog-proof.ts'
import type { Receipt } from '../api.ts'
import type { LogQuestions, Trust } from '../trust.ts'
import { acceptHead, type HeadOffer } from './accept-head.ts'
import { checkCheckpoint } from './check-checkpoint.ts'
import { checkHead, type TrustRoot } from './check-head.ts'
import { gatherEvidence, isMerelyOlder } from './head-evidence.ts'
import type { HeadMemory } from './head-memory.ts'
import { parseTrustRoot, type TrustTexts } from './parse-trust-root.ts'
import type { ProofPath } from './tile-nodes.ts'

/** Whom a client believes, and what it remembers. */
export interface TrustOptions extends TrustTexts {
  /** Where the newest head is kept that the client has accepted; one that lasts sees a log set back between runs. */
  readonly memory: HeadMemory
}

/**
 * Makes what a client judges its catalog by, for its `trust` option: each receipt must prove that the very
 * checkpoint is in the log, under a head that the trusted keys have signed and that continues, or precedes,
 * the newest one remembered.
 *
 * Errors carry what was found in `detail.findings`; `LOG_CONTRADICTED` has both signed heads in
 * `detail.offered` and `detail.remembered`.
 *
 * @throws {CONFIG_INVALID} there is no key, or a key or the policy cannot be read
 */
export function openTrust(options: TrustOptions): Trust {
  const root = parseTrustRoot(options)
  const { memory } = options
  // Heads are taken one after the other, so that an older one cannot be kept in place of a newer.
  let tail: Promise<unknown> = Promise.resolve()
  const accept = (signedHead: string, log: LogQuestions): Promise<void> => {
    const next = tail.then(() => takeHead({ ...root, memory, signedHead, proofs: proofsOf(log) }))
    tail = next.catch(() => undefined)
    return next
  }
  return {
    judgeReceipt: async (receipt, log) => {
      const { entry } = await log.receipt(receipt.checkpoint)
      const proof = parseTlogProof(receipt.proof)
      const findings = proof.ok ? await judgeEntry(root, receipt, entry) : proof.findings
      if (!proof.ok || findings.length > 0) throw notProven('receipt', findings)
      await accept(proof.value.signedHead, log)
    },
    judgeHead: async (signedHead, log) => {
      const { ok, findings } = await checkHead(signedHead, root)
      if (!ok) throw notProven('tree head', findings)
      await accept(signedHead, log)
    },
  }
}

/** What speaks against the entry being the one of the receipt, and in the log where the receipt says. */
async function judgeEntry(
  root: TrustRoot,
  receipt: Receipt,
  entryText: string,
): Promise<readonly Finding[]> {
  const entry = decodeBase64(entryText)
  if (entry === undefined) {
    return [{ code: 'base64-malformed', where: 'entry', message: 'The entry is no strict base64.' }]
  }
  const { checkpoint, index, proof: tlogProof } = receipt
  const verdict = await checkCheckpoint({ ...root, entry, tlogProof, checkpoint })
  if (!verdict.ok) return verdict.findings
  if (verdict.index === index && encodeBase64(leafHash(entry)) === receipt.leafHash) return []
  const message = 'Its index or leaf hash is not that of the entry which the proof is about.'
  return [{ code: 'entry-mismatch', where: 'receipt', message }]
}

async function takeHead(offer: HeadOffer): Promise<void> {
  const acceptance = await acceptHead(offer)
  // A receipt has the head of its own batch, and two calls may overtake each other.
  if (acceptance.ok || isMerelyOlder(acceptance)) return
  const evidence = await gatherEvidence(offer, acceptance)
  throw new CatalogError(
    'LOG_CONTRADICTED',
    'The log does not stand by a tree head that it signed: its past was rewritten, or set back. Keep both heads, which are in the detail of this error, and ask whoever runs it.',
    { detail: { ...evidence, fromCatalog: false } },
  )
}

function proofsOf(log: LogQuestions): HeadOffer['proofs'] {
  return {
    consistency: async (from, to) => {
      try {
        return parseHashes((await log.consistency({ from, to })).path)
      } catch (error) {
        // It has signed that many entries and does not have them.
        if (!isCatalogError(error) || error.code !== 'LOG_INDEX_OUT_OF_RANGE') throw error
        return refused('source-failed', 'consistency proof', error.message)
      }
    },
  }
}

function parseHashes(texts: readonly string[]): Parsed<ProofPath> {
  const hashes = texts.flatMap((text) => decodeBase64(text) ?? [])
  return hashes.length === texts.length
    ? accepted(hashes)
    : refused('base64-malformed', 'consistency proof', 'A hash in it is no strict base64.')
}

function notProven(what: string, findings: readonly Finding[]): CatalogError {
  const [first] = findings
  return new CatalogError(
    'PROOF_INVALID',
    `The ${what} proves nothing (${first?.where ?? what}: ${first?.message ?? 'it cannot be read.'})`,
    { detail: { findings, fromCatalog: false } },
  )
}
