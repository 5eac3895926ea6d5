/** What checking an Ed25519 signature found; `unavailable` if this platform has no Ed25519. */
export type Ed25519Verdict = 'valid' | 'invalid' | 'unavailable'

/** A signature of 64 bytes that a public key of 32 bytes is claimed to have made over a message. */
export type Ed25519Claim = {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Checks an Ed25519 signature with the platform's WebCrypto, which browsers offer to secure pages only;
 * never throws.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8032
 */
export async function verifyEd25519(claim: Ed25519Claim): Promise<Ed25519Verdict> {
  // The library's types promise it, but a page over plain HTTP has none.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle
  if (subtle === undefined) return 'unavailable'
  try {
    const raw = Uint8Array.from(claim.publicKey)
    const key = await subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
    const signature = Uint8Array.from(claim.signature)
    const valid = await subtle.verify('Ed25519', key, signature, Uint8Array.from(claim.message))
    return valid ? 'valid' : 'invalid'
  } catch (error) {
    // Any other failure says that the key is no point of the curve, so it signed nothing.
    return isNotSupported(error) ? 'unavailable' : 'invalid'
  }
}

function isNotSupported(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotSupportedError'
}
