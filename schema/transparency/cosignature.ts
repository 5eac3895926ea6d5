import { CatalogError } from '../errors.ts'
import { verifyEd25519, type Ed25519Verdict } from './ed25519.ts'
import { accepted, refused, type Parsed } from './finding.ts'

/** A witness's signature over a tree head: when, in whole seconds of the epoch, and 64 bytes. */
export type Cosignature = {
  readonly timeSeconds: number
  readonly signature: Uint8Array
}

const TIME_BYTES = 8
const SIGNATURE_BYTES = 64

/**
 * The bytes that a key of kind `cosignature` signs, given the text of a note, which is a tree head, and
 * the time in whole seconds of the epoch.
 *
 * @throws {INVALID_REQUEST} the time is not a whole number from 0 to 2^53 − 1.
 * @see https://c2sp.org/tlog-cosignature@v1.0.1
 */
export function cosignatureMessage(text: string, timeSeconds: number): Uint8Array {
  refuseUnlessSeconds(timeSeconds)
  return new TextEncoder().encode(`cosignature/v1\ntime ${timeSeconds}\n${text}`)
}

/**
 * The payload of a cosignature's line, 72 bytes: the time, big-endian, and the signature.
 *
 * @throws {INVALID_REQUEST} the time is not a whole number from 0 to 2^53 − 1, or the signature has not
 * 64 bytes.
 */
export function formatCosignature({ timeSeconds, signature }: Cosignature): Uint8Array {
  refuseUnlessSeconds(timeSeconds)
  if (signature.length !== SIGNATURE_BYTES) {
    const message = `An Ed25519 signature has ${SIGNATURE_BYTES} bytes and this has ${signature.length}; give it whole.`
    throw new CatalogError('INVALID_REQUEST', message)
  }
  const payload = new Uint8Array(TIME_BYTES + SIGNATURE_BYTES)
  new DataView(payload.buffer).setBigUint64(0, BigInt(timeSeconds))
  payload.set(signature, TIME_BYTES)
  return payload
}

/** Reads the payload of a cosignature's line; `where` names it in findings. Never throws. */
export function parseCosignature(payload: Uint8Array, where = 'cosignature'): Parsed<Cosignature> {
  if (payload.length !== TIME_BYTES + SIGNATURE_BYTES) {
    const message = `It does not have ${TIME_BYTES} bytes of time and ${SIGNATURE_BYTES} of signature.`
    return refused('cosignature-malformed', where, message)
  }
  const time = new DataView(payload.buffer, payload.byteOffset).getBigUint64(0)
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) {
    return refused('cosignature-malformed', where, 'Its time is above 2^53 - 1 seconds.')
  }
  return accepted({ timeSeconds: Number(time), signature: payload.subarray(TIME_BYTES) })
}

/**
 * Checks the payload of a cosignature over a note's text; never throws.
 *
 * Whether its time is acceptable is the caller's to judge: only the caller has a clock.
 */
export async function checkCosignature(
  text: string,
  payload: Uint8Array,
  publicKey: Uint8Array,
): Promise<Ed25519Verdict> {
  const parsed = parseCosignature(payload)
  if (!parsed.ok) return 'invalid'
  const { timeSeconds, signature } = parsed.value
  return verifyEd25519({ publicKey, message: cosignatureMessage(text, timeSeconds), signature })
}

function refuseUnlessSeconds(timeSeconds: number): void {
  if (Number.isSafeInteger(timeSeconds) && timeSeconds >= 0) return
  throw new CatalogError(
    'INVALID_REQUEST',
    'The time of a cosignature is a whole number of seconds from 0 to 2^53 - 1; round it down.',
  )
}
