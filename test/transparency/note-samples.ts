import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { cosignatureMessage, formatCosignature } from '../../schema/transparency/cosignature.ts'
import type { Finding, Parsed } from '../../schema/transparency/finding.ts'
import { signedNoteMessage, type NoteSignature } from '../../schema/transparency/signed-note.ts'
import { verifierKeyOf, type VerifierKey } from '../../schema/transparency/verifier-key.ts'

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

/** Keys and a note from the tests of golang.org/x/mod/sumdb/note. */
export const go = {
  peterKey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  peterSeed: fromHex('810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173'),
  enochKey: 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  peterLine:
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  enochLine:
    '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n',
}

/** The example of https://c2sp.org/signed-note. */
export const c2sp = {
  key: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  note: 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
}

/** The example of https://c2sp.org/tlog-cosignature: a tree head, its log's signature, a witness's. */
export const example = {
  text: 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n',
  logLine:
    '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n',
  witnessLine:
    '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n',
}

/** A tree head of a public Sigsum log, with its signature and two witnesses' cosignatures. */
export const sigsum = {
  text: `sigsum.org/v1/tree/44ad38f8226ff9bd27629a41e55df727308d0a1cd8a2c31d3170048ac1dd22a1\n12851\n${Buffer.from('4ccedda0c3e6afc83cfcddfad7df3d95cbd1e857ecf3cf0569b8f69ce32727f8', 'hex').toString('base64')}\n`,
  origin: 'sigsum.org/v1/tree/44ad38f8226ff9bd27629a41e55df727308d0a1cd8a2c31d3170048ac1dd22a1',
  logKey: fromHex('0ec7e16843119b120377a73913ac6acbc2d03d82432e2c36b841b09a95841f25'),
  logSignature: fromHex(
    '880207e73dbe7aa11ebab8118d4da67e59a2ff29d9b11e98b8d5d4062dbd4d12765b5389b4f0583130fa8573cf997d60b94c9e4d700469aba5a9f4383f619509',
  ),
  timeSeconds: 1_754_020_861,
  glasklarKey: fromHex('b2106db9065ec97f25e09c18839216751a6e26d8ed8b41e485a563d3d1498536'),
  glasklarSignature: fromHex(
    '9ab58c0f6cbfd02549891b3b9d7e68fd7fefd42b6dc22fbbee7ed3119d1ed1807edc74c8b12fd430e4ee6084b59077d4c8eafe09eefdbbe31666828c34d24702',
  ),
  mullvadKey: fromHex('15d6d0141543247b74bab3c1076372d9c894f619c376d64b29aa312cc00f61ad'),
  mullvadSignature: fromHex(
    '82f16ff572ba54e6f0b2f27e0e34fa729ab42d566b1d54a0b689d345c373fd0d87a61a6b6e81b4d17b3ca9f13f01a6c1325d701e6350ecddfa54b6b453691d0f',
  ),
}

/** A key that signs, and the verifier key of a kind that goes with it. */
export type Signer = { readonly secret: KeyObject; readonly key: VerifierKey }

/** The signer that a seed of 32 bytes makes. */
export function signerOf(kind: 'ed25519' | 'cosignature', name: string, seed: Uint8Array): Signer {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  const der = Buffer.concat([prefix, seed])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  const publicKey = Uint8Array.from(spki.subarray(-32))
  return { secret, key: verifierKeyOf(kind, name, publicKey) }
}

/** A signature over a note's text by a key of kind `ed25519`. */
export function signatureBy({ secret, key }: Signer, text: string): NoteSignature {
  const signature = Uint8Array.from(sign(null, signedNoteMessage(text), secret))
  return { keyName: key.name, keyId: key.keyId, signature }
}

/** A signature over a tree head's text by a key of kind `cosignature`. */
export function cosignatureBy(
  { secret, key }: Signer,
  text: string,
  timeSeconds: number,
): NoteSignature {
  const signature = Uint8Array.from(sign(null, cosignatureMessage(text, timeSeconds), secret))
  return {
    keyName: key.name,
    keyId: key.keyId,
    signature: formatCosignature({ timeSeconds, signature }),
  }
}

/** The value that a parser accepted. */
export function valueOf<T>(parsed: Parsed<T>): T {
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.findings))
  return parsed.value
}

/** What a parser found in a text that it refused: at least one thing. */
export function findingsIn(parsed: Parsed<unknown>): readonly Finding[] {
  assert.ok(!parsed.ok, 'It was accepted.')
  assert.ok(parsed.findings.length > 0)
  return parsed.findings
}

/** Refused with one finding of this code. */
export function assertRefused(parsed: Parsed<unknown>, code: Finding['code'], what?: string): void {
  const codes = findingsIn(parsed).map((finding) => finding.code)
  assert.deepEqual(codes, [code], what)
}

/** Random text, and a good text with a piece of it replaced by something random. */
export function foreignText(good: string): fc.Arbitrary<string> {
  const noise = fc.string({ unit: 'binary', maxLength: 40 })
  const words = fc
    .array(
      fc.constantFrom('\n', ' ', '\t', '—', '+', '=', '0', '63', '\u0000', '\ud800', 'none', 'A'),
    )
    .map((parts) => parts.join(''))
  const altered = fc
    .tuple(fc.nat(good.length), fc.nat(12), fc.oneof(noise, words))
    .map(([at, cut, put]) => good.slice(0, at) + put + good.slice(at + cut))
  return fc.oneof(noise, words, altered)
}

/** The keys that a log's operator might use for names. */
export const keyNames: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[a-z]{1,10}\.example\/[a-z0-9]{0,10}$/),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((text) => !/[+\s\p{White_Space}\p{Cc}]/u.test(text) && text.isWellFormed()),
)
