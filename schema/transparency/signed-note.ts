import { CatalogError } from '../errors.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { accepted, refused, type Parsed } from './finding.ts'
import { parseUtf8 } from './utf8.ts'
import { isKeyName } from './verifier-key.ts'

/**
 * The longest note that is read, in bytes: 16 post-quantum signatures of 5 kB, which every verifier must
 * accept, are 107 kB in base64.
 */
export const MAX_NOTE_BYTES = 262_144

/** The most signatures of a note that are read; other implementations stop there too. */
export const MAX_NOTE_SIGNATURES = 100

const KEY_ID_BYTES = 4
const controlCharacter = /[\u0000-\u0009\u000b-\u001f]/

/** Who signed, and what: a key's name, its 32-bit id, and the signature's bytes without that id. */
export type NoteSignature = {
  readonly keyName: string
  readonly keyId: number
  readonly signature: Uint8Array
}

/** A text that ends in a newline, and who signed it. Nothing is verified yet: see `checkSignedNote`. */
export type SignedNote = {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/**
 * Reads a signed note from text or its UTF-8 bytes: at most {@link MAX_NOTE_BYTES} and
 * {@link MAX_NOTE_SIGNATURES}. Never throws. What it accepts, {@link formatSignedNote} writes back
 * unchanged.
 *
 * @see https://c2sp.org/signed-note@v1.0.0#format
 */
export function parseSignedNote(input: string | Uint8Array): Parsed<SignedNote> {
  const read = parseUtf8(input, MAX_NOTE_BYTES, 'note')
  if (!read.ok) return read
  const note = read.value
  const control = note.search(controlCharacter)
  if (control >= 0) {
    const where = `character ${control}`
    return refused('note-malformed', where, 'A note has no control character but the newline.')
  }
  if (!note.endsWith('\n')) {
    return refused('note-malformed', 'end', 'A note ends in a newline; it may have been cut off.')
  }
  // The text may have empty lines of its own, so the last one parts it from the signatures.
  const split = note.lastIndexOf('\n\n')
  const lines = note.slice(split + 2, -1).split('\n')
  if (split < 0 || lines[0] === '') {
    return refused('note-malformed', 'end', 'An empty line and a signature must follow the text.')
  }
  if (lines.length > MAX_NOTE_SIGNATURES) {
    const message = `A note with more than ${MAX_NOTE_SIGNATURES} signatures is not read.`
    return refused('note-malformed', 'signatures', message)
  }
  const signatures: NoteSignature[] = []
  for (const [index, line] of lines.entries()) {
    const signature = parseSignatureLine(line, `signature ${index + 1}`)
    if (!signature.ok) return signature
    signatures.push(signature.value)
  }
  return accepted({ text: note.slice(0, split + 1), signatures })
}

/** Reads one signature line, without its newline; `where` names it in findings. */
export function parseSignatureLine(line: string, where: string): Parsed<NoteSignature> {
  const [dash, keyName, payload, ...rest] = line.split(' ')
  if (dash !== '\u2014' || keyName === undefined || payload === undefined || rest.length > 0) {
    const message = 'It is not an em dash, a key name and a signature, with a space between each.'
    return refused('note-malformed', where, message)
  }
  if (!isKeyName(keyName)) {
    return refused('note-malformed', where, 'A key name is not empty and has no space and no plus.')
  }
  const bytes = decodeBase64(payload)
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    const message = 'It is not the base64 of a key id of 4 bytes and a signature.'
    return refused('note-malformed', where, message)
  }
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return accepted({ keyName, keyId, signature: bytes.subarray(KEY_ID_BYTES) })
}

/** The bytes that a key of kind `ed25519` signs: the text's own. */
export function signedNoteMessage(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/**
 * A signature line with its newline.
 *
 * @throws {INVALID_NAME} the key's name has a space, a plus or a control character, or is empty.
 */
export function formatSignatureLine({ keyName, keyId, signature }: NoteSignature): string {
  if (!isKeyName(keyName)) {
    throw new CatalogError(
      'INVALID_NAME',
      'The name of a signing key is empty or has a space, a plus or a control character; name it by a URL without scheme.',
    )
  }
  const bytes = new Uint8Array(KEY_ID_BYTES + signature.length)
  new DataView(bytes.buffer).setUint32(0, keyId)
  bytes.set(signature, KEY_ID_BYTES)
  return `\u2014 ${keyName} ${encodeBase64(bytes)}\n`
}

/**
 * A signed note as text: what {@link parseSignedNote} reads.
 *
 * @throws {INVALID_NAME} a key's name is not one.
 * @throws {INVALID_REQUEST} nobody has signed, or the text does not end in a newline, has another control
 * character, or has no UTF-8 bytes.
 */
export function formatSignedNote({ text, signatures }: SignedNote): string {
  if (!text.endsWith('\n') || controlCharacter.test(text) || !text.isWellFormed()) {
    const message =
      'The text of a note is well-formed Unicode, ends in a newline and has no other control character; sign one that is.'
    throw new CatalogError('INVALID_REQUEST', message)
  }
  if (signatures.length === 0) {
    throw new CatalogError('INVALID_REQUEST', 'A note has no signature; sign it first.')
  }
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`
}
