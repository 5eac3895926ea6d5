import { digestOf } from '../../schema/digest.ts'
import { verifyConsistency } from '../../schema/merkle-check.ts'
import { EMPTY_ROOT } from '../../schema/merkle.ts'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import {
  formatSignatureLine,
  formatSignedNote,
  type SignedNote,
} from '../../schema/transparency/signed-note.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import type { VerifierKey } from '../../schema/transparency/verifier-key.ts'
import {
  parseWitnessRequest,
  type WitnessRequest,
} from '../../schema/transparency/witness-request.ts'
import type { CosignedHead, CosignedHeads } from './cosigned-heads.ts'
import type { WitnessKey } from './witness-key.ts'

/** What a witness works with. */
export interface Witness {
  readonly key: WitnessKey
  /** The logs it knows: each key counts for the log whose origin is its name. */
  readonly logKeys: readonly VerifierKey[]
  readonly heads: CosignedHeads
  /** Epoch milliseconds. */
  readonly nowMs: () => number
}

/** What a witness answers, with the HTTP status that says so. */
export type WitnessAnswer =
  | { readonly status: 200; readonly lines: string }
  /** The old size is not that of the newest head that was cosigned: this is. */
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 422; readonly reason: string }

type Refusal = Exclude<WitnessAnswer, { readonly status: 200 }>
type Decided = { readonly head: CosignedHead; readonly lines: string } | { refusal: Refusal }

/**
 * Cosigns a tree head that continues the last one of the same log, and remembers it first.
 *
 * @see https://c2sp.org/tlog-witness@v1.0.0#add-checkpoint
 */
export async function addCheckpoint(witness: Witness, body: Uint8Array): Promise<WitnessAnswer> {
  const parsed = parseWitnessRequest(body)
  if (!parsed.ok) {
    const [finding] = parsed.findings
    return { status: 400, reason: `${finding?.where}: ${finding?.message}` }
  }
  const { note, head } = parsed.value
  const keys = witness.logKeys.filter((key) => key.name === head.origin)
  if (keys.length === 0) return { status: 404, reason: 'This witness does not know the log.' }
  const checked = await checkSignedNote(note, keys)
  if (!checked.ok) {
    const [finding] = checked.findings
    return { status: 403, reason: `${finding?.where}: ${finding?.message}` }
  }
  const verified = {
    text: note.text,
    // One for each key: a note with a hundred copies of a signature is not kept.
    signatures: checked.verifiedBy.flatMap((key) => {
      const first = note.signatures.find(
        (one) => key.name === one.keyName && key.keyId === one.keyId,
      )
      return first === undefined ? [] : [first]
    }),
  }
  const request = { ...parsed.value, note: verified }
  const decided = witness.heads.advance<Decided & { readonly head?: CosignedHead }>(
    { text: head.origin, hash: originHashOf(head.origin) },
    (last) => decide(witness, request, last),
  )
  return 'refusal' in decided ? decided.refusal : { status: 200, lines: decided.lines }
}

/** The name under which monitors ask for a log: the SHA-256 hash of its origin in hexadecimal. */
export function originHashOf(origin: string): string {
  return digestOf(origin).slice('sha256:'.length)
}

/** Runs with the memory locked: what it refuses leaves the memory as it was. */
function decide(
  { key, nowMs }: Witness,
  request: WitnessRequest & { readonly head: TreeHead },
  last: CosignedHead | undefined,
): Decided {
  const refusal = refusalOf(request, last)
  if (refusal !== undefined) return { refusal }
  const { note, head } = request
  // "As of this time" must stay true when the clock is set back.
  const timeSeconds = Math.max(Math.floor(nowMs() / 1000), last?.timeSeconds ?? 1)
  const cosignature = key.cosign(note.text, timeSeconds)
  const cosigned: SignedNote = {
    text: note.text,
    signatures: [...note.signatures, cosignature],
  }
  return {
    head: {
      size: head.size,
      root: head.root,
      timeSeconds,
      signedHead: formatSignedNote(cosigned),
    },
    lines: formatSignatureLine(cosignature),
  }
}

function refusalOf(
  { oldSize, proof, head }: WitnessRequest & { readonly head: TreeHead },
  last: CosignedHead | undefined,
): Refusal | undefined {
  const lastSize = last?.size ?? 0
  if (oldSize !== lastSize) return { status: 409, size: lastSize }
  if (head.size === 0 && !Buffer.from(EMPTY_ROOT).equals(head.root)) {
    return { status: 422, reason: 'The root of an empty log is the hash of nothing.' }
  }
  if (oldSize === 0 || last === undefined) {
    // Every log continues the empty one, so there is nothing to prove.
    return proof.length === 0
      ? undefined
      : { status: 422, reason: 'From an old size of 0 there is no proof to give.' }
  }
  const consistency = verifyConsistency({
    oldSize,
    oldRoot: last.root,
    newSize: head.size,
    newRoot: head.root,
    path: proof,
  })
  return consistency.ok
    ? undefined
    : {
        status: 422,
        reason: `The log does not continue the one of ${oldSize} entries that was cosigned (${consistency.reason}).`,
      }
}
