import { checkCosignature } from './cosignature.ts'
import { verifyEd25519, type Ed25519Verdict } from './ed25519.ts'
import type { Finding } from './finding.ts'
import { signedNoteMessage, type NoteSignature, type SignedNote } from './signed-note.ts'
import { sameVerifierKey, type VerifierKey } from './verifier-key.ts'

/** What checking a note found: with `ok`, at least one key has signed it and there is no finding. */
export type NoteCheck = {
  readonly ok: boolean
  readonly verifiedBy: readonly VerifierKey[]
  readonly findings: readonly Finding[]
}

/**
 * Checks a note against the keys that one trusts; never throws. One bad signature by one of them refuses
 * the whole note; signatures by other keys are passed over; none by a trusted key refuses the note.
 *
 * @see https://c2sp.org/signed-note@v1.0.0#signatures
 */
export async function checkSignedNote(
  note: SignedNote,
  keys: readonly VerifierKey[],
): Promise<NoteCheck> {
  const verifiedBy = new Set<VerifierKey>()
  const findings: Finding[] = []
  for (const [index, signature] of note.signatures.entries()) {
    const where = `signature ${index + 1}`
    const [key, ...others] = keys.filter((one) => isSignatureBy(signature, one))
    if (key === undefined) continue
    if (others.some((other) => !sameVerifierKey(key, other))) {
      findings.push({ code: 'verifier-key-ambiguous', where, message: AMBIGUOUS })
      continue
    }
    const verdict = await verdictOn(note.text, signature, key)
    if (verdict === 'valid') verifiedBy.add(key)
    else findings.push(findingOf(verdict, where))
  }
  if (verifiedBy.size === 0 && findings.length === 0) {
    findings.push({ code: 'signature-unknown', where: 'signatures', message: UNKNOWN })
  }
  return findings.length === 0
    ? { ok: true, verifiedBy: [...verifiedBy], findings }
    : { ok: false, verifiedBy: [], findings }
}

const AMBIGUOUS = 'Two trusted keys share this name and id; trust only the one you mean.'
const UNKNOWN = 'No trusted key has signed the note; get the keys from whoever runs the log.'

function isSignatureBy(signature: NoteSignature, key: VerifierKey): boolean {
  return (
    key.kind !== 'unsupported' && key.name === signature.keyName && key.keyId === signature.keyId
  )
}

function verdictOn(
  text: string,
  { signature }: NoteSignature,
  { kind, publicKey }: VerifierKey,
): Promise<Ed25519Verdict> {
  return kind === 'cosignature'
    ? checkCosignature(text, signature, publicKey)
    : verifyEd25519({ publicKey, message: signedNoteMessage(text), signature })
}

function findingOf(verdict: 'invalid' | 'unavailable', where: string): Finding {
  return verdict === 'invalid'
    ? {
        code: 'signature-invalid',
        where,
        message: 'No trusted key made it over this text, so the note was altered or forged.',
      }
    : {
        code: 'ed25519-unavailable',
        where,
        message: 'This platform cannot check Ed25519; use a newer one, or a page over HTTPS.',
      }
}
