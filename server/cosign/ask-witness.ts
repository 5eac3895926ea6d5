import { CatalogError } from '../../schema/errors.ts'
import { checkSignedNote } from '../../schema/transparency/check-note.ts'
import { parseLogSize } from '../../schema/transparency/log-size.ts'
import {
  MAX_NOTE_BYTES,
  parseSignatureLine,
  type NoteSignature,
  type SignedNote,
} from '../../schema/transparency/signed-note.ts'
import type { VerifierKey } from '../../schema/transparency/verifier-key.ts'
import { formatWitnessRequest } from '../../schema/transparency/witness-request.ts'

/** A witness tells its size at most once, unless others ask it for the same log meanwhile. */
const ATTEMPTS_MAX_COUNT = 4
/** Deadline of one request: a witness answers from memory, but may be far away. */
const REQUEST_TIMEOUT_MS = 10_000

/** A witness that can be reached. */
export interface WitnessAddress {
  readonly key: VerifierKey
  /** Submission prefix, without a slash at the end. */
  readonly url: string
}

/** A signed tree head to be cosigned. */
export interface CosigningRequest {
  readonly note: SignedNote
  readonly size: number
  /** The newest size that the witness is thought to have cosigned; it tells the right one. */
  readonly oldSize: number
  readonly proofFrom: (oldSize: number) => Promise<readonly Uint8Array[]>
  readonly signal: AbortSignal
}

/** What came of asking; `ahead`: the witness has cosigned a larger head already. */
export type Cosigning =
  | { readonly kind: 'cosigned'; readonly signature: NoteSignature }
  | { readonly kind: 'ahead'; readonly size: number }

/**
 * Asks a witness to cosign a tree head, from the size that it tells.
 *
 * @throws {CONNECTION_FAILED} it cannot be reached, refuses, or answers what is no cosignature of its key
 * @see https://c2sp.org/tlog-witness@v1.0.0#add-checkpoint
 */
export async function askWitness(
  witness: WitnessAddress,
  request: CosigningRequest,
): Promise<Cosigning> {
  let { oldSize } = request
  for (let attempt = 0; attempt < ATTEMPTS_MAX_COUNT; attempt += 1) {
    if (oldSize > request.size) return { kind: 'ahead', size: oldSize }
    // The empty log needs no proof, and a log of the same size none either.
    const isSame = oldSize === 0 || oldSize === request.size
    const proof = isSame ? [] : await request.proofFrom(oldSize)
    const body = formatWitnessRequest({ oldSize, proof, note: request.note })
    const answer = await send(witness, body, request.signal)
    if (answer.status === 200) {
      return {
        kind: 'cosigned',
        signature: await cosignatureIn(witness, answer.text, request.note),
      }
    }
    if (answer.status !== 409) throw failed(witness, `it answered ${answer.status}: ${answer.text}`)
    const told = parseLogSize(answer.text.replace(/\n$/, ''), 'answer')
    if (!told.ok) throw failed(witness, 'it answered 409 without the size that it knows')
    oldSize = told.value
  }
  throw failed(witness, 'it names another size each time: another server may use it for this log')
}

async function send(
  witness: WitnessAddress,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(`${witness.url}/add-checkpoint`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    })
    return { status: response.status, text: await readText(response) }
  } catch (cause) {
    throw failed(witness, 'it cannot be reached, or did not answer in time', cause)
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  if (response.body === null) return text
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_NOTE_BYTES) throw new Error('the answer has no end')
  }
  return text
}

/** The one line of the witness's key; lines of keys that nobody trusts are passed over. */
async function cosignatureIn(
  witness: WitnessAddress,
  text: string,
  note: SignedNote,
): Promise<NoteSignature> {
  const own = ownLine(witness.key, text)
  if (own === undefined) throw failed(witness, 'it answered without a cosignature of its key')
  if (await isCosignature(witness.key, own, note)) return own
  throw failed(witness, 'its cosignature is not of this tree head')
}

/** Whether a line is the cosignature of a witness's key under a note. */
export async function isCosignature(
  key: VerifierKey,
  signature: NoteSignature,
  { text }: SignedNote,
): Promise<boolean> {
  return (await checkSignedNote({ text, signatures: [signature] }, [key])).ok
}

/** The line of a key in a text of signature lines. */
export function ownLine(key: VerifierKey, text: string): NoteSignature | undefined {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseSignatureLine(line, 'answer'))
    .flatMap((line) => (line.ok ? [line.value] : []))
    .find((one) => one.keyName === key.name && one.keyId === key.keyId)
}

const failed = (witness: WitnessAddress, what: string, cause?: unknown): CatalogError =>
  new CatalogError(
    'CONNECTION_FAILED',
    `The witness ${witness.key.name} did not cosign: ${what.slice(0, 300).trim()}.`,
    cause === undefined ? {} : { cause },
  )
