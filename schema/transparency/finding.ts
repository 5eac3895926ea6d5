/**
 * One kind of fault found in foreign text or bytes. The codes are closed and additive: a code keeps
 * its meaning for good.
 */
export type FindingCode =
  | 'too-large'
  | 'not-utf8'
  | 'base64-malformed'
  | 'hash-malformed'
  | 'size-malformed'
  | 'size-out-of-range'
  | 'note-malformed'
  | 'verifier-key-malformed'
  | 'verifier-key-ambiguous'
  | 'signature-invalid'
  | 'signature-unknown'
  | 'ed25519-unavailable'
  | 'cosignature-malformed'
  | 'tree-head-malformed'
  | 'policy-malformed'
  | 'request-malformed'
  | 'proof-malformed'
  | 'proof-invalid'
  | 'tile-malformed'
  | 'tile-missing'
  | 'entry-mismatch'
  | 'root-mismatch'
  | 'tile-path-malformed'
  | 'bundle-malformed'
  | 'tile-mismatch'
  | 'source-failed'
  | 'manifest-mismatch'
  | 'blob-mismatch'
  | 'head-older'
  | 'head-conflict'
  | 'head-memory-damaged'
  | 'quorum-unmet'
  | 'access-gap'
  | 'access-chain-broken'
  | 'access-hash-mismatch'
  | 'access-body-malformed'

/**
 * One fault: `where` names the line, byte or element, `message` says why it is refused and what to
 * do.
 */
export type Finding = {
  readonly code: FindingCode
  readonly where: string
  readonly message: string
}

/** What a parser of foreign input returns; it never throws. A refusal has at least one finding. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly findings: readonly Finding[] }

/** A parser's refusal with one finding. */
export function refused(
  code: FindingCode,
  where: string,
  message: string,
): { readonly ok: false; readonly findings: readonly Finding[] } {
  return { ok: false, findings: [{ code, where, message }] }
}

/** A parser's acceptance. */
export function accepted<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}
