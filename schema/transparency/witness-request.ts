import { CatalogError } from '../errors.ts'
import { refuseUnlessHash, refuseUnlessSize } from '../merkle.ts'
import { encodeBase64, parseHashLine } from './base64.ts'
import { accepted, refused, type Parsed } from './finding.ts'
import { parseLogSize } from './log-size.ts'
import {
  formatSignedNote,
  MAX_NOTE_BYTES,
  parseSignedNote,
  type SignedNote,
} from './signed-note.ts'
import { parseTreeHead, type TreeHead } from './tree-head.ts'
import { parseUtf8 } from './utf8.ts'

/** The most hashes of a consistency proof in a request: one a level of the largest log. */
export const MAX_WITNESS_PROOF_HASHES = 63

/** The longest request that is read, in bytes: the longest note, and 4 KiB of proof before it. */
export const MAX_WITNESS_REQUEST_BYTES = MAX_NOTE_BYTES + 4_096

/**
 * What a witness is asked to cosign: a signed tree head, and the proof that the log of `oldSize` entries,
 * which the witness has cosigned before, is a prefix of it. An old size of 0 has no proof.
 */
export type WitnessRequest = {
  readonly oldSize: number
  readonly proof: readonly Uint8Array[]
  readonly note: SignedNote
}

/**
 * The body of an `add-checkpoint` request.
 *
 * @throws {LOG_INDEX_OUT_OF_RANGE} the old size is not a whole number from 0 to 2^53 − 1.
 * @throws {INVALID_DIGEST} a hash of the proof does not have 32 bytes.
 * @throws {BATCH_TOO_LARGE} the proof has more than 63 hashes.
 * @throws {INVALID_NAME} the name of a key that signed the note is not one.
 * @see https://c2sp.org/tlog-witness@v1.0.0#add-checkpoint
 */
export function formatWitnessRequest({ oldSize, proof, note }: WitnessRequest): string {
  refuseUnlessSize(oldSize)
  proof.forEach(refuseUnlessHash)
  if (proof.length > MAX_WITNESS_PROOF_HASHES) {
    const message = `A proof for a witness has at most ${MAX_WITNESS_PROOF_HASHES} hashes and this has ${proof.length}; build it again.`
    throw new CatalogError('BATCH_TOO_LARGE', message)
  }
  const lines = proof.map((hash) => `${encodeBase64(hash)}\n`)
  return `old ${oldSize}\n${lines.join('')}\n${formatSignedNote(note)}`
}

/**
 * Reads the body of an `add-checkpoint` request, text or UTF-8 bytes, and the tree head in it. Never
 * throws. Neither signatures nor proof are verified yet; the old size is at most the new one.
 *
 * @see https://c2sp.org/tlog-witness@v1.0.0#add-checkpoint
 */
export function parseWitnessRequest(
  input: string | Uint8Array,
): Parsed<WitnessRequest & { readonly head: TreeHead }> {
  const body = parseUtf8(input, MAX_WITNESS_REQUEST_BYTES, 'request')
  if (!body.ok) return body
  const split = body.value.indexOf('\n\n')
  const [oldLine = '', ...proofLines] = body.value.slice(0, Math.max(split, 0)).split('\n')
  if (!oldLine.startsWith('old ')) {
    const message =
      'A request is a line "old" with a size, a proof, an empty line and a signed tree head.'
    return refused('request-malformed', 'line 1', message)
  }
  const oldSize = parseLogSize(oldLine.slice('old '.length), 'line 1')
  if (!oldSize.ok) return oldSize
  if (proofLines.length > MAX_WITNESS_PROOF_HASHES) {
    const message = `A proof has at most ${MAX_WITNESS_PROOF_HASHES} hashes.`
    return refused('request-malformed', 'proof', message)
  }
  const proof: Uint8Array[] = []
  for (const [index, line] of proofLines.entries()) {
    const hash = parseHashLine(line, `line ${index + 2}`)
    if (!hash.ok) return hash
    proof.push(hash.value)
  }
  const note = parseSignedNote(body.value.slice(split + 2))
  if (!note.ok) return note
  const head = parseTreeHead(note.value.text)
  if (!head.ok) return head
  if (oldSize.value > head.value.size) {
    return refused(
      'request-malformed',
      'line 1',
      'The old size is above the size of the tree head.',
    )
  }
  return accepted({ oldSize: oldSize.value, proof, note: note.value, head: head.value })
}
