import { accepted, refused, type Parsed } from './finding.ts'

const encoder = new TextEncoder()

/**
 * Reads text, or the UTF-8 bytes of one, of at most `maxBytes` bytes; `where` names it in findings.
 *
 * A byte order mark stays in the text: what was signed has it, and so must what is checked.
 */
export function parseUtf8(
  input: string | Uint8Array,
  maxBytes: number,
  where: string,
): Parsed<string> {
  // A character has a byte at least, so too long a text is refused before it is encoded.
  if (input.length > maxBytes) return tooLarge(maxBytes, where)
  if (typeof input !== 'string') return decoded(input, where)
  if (!input.isWellFormed()) {
    return refused('not-utf8', where, 'It has a lone surrogate; read it as UTF-8 from its bytes.')
  }
  return encoder.encode(input).length > maxBytes ? tooLarge(maxBytes, where) : accepted(input)
}

function decoded(bytes: Uint8Array, where: string): Parsed<string> {
  try {
    return accepted(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return refused('not-utf8', where, 'The bytes are not UTF-8; ask for the exact bytes again.')
  }
}

function tooLarge(maxBytes: number, where: string): Parsed<string> {
  return refused('too-large', where, `It has more than the ${maxBytes} bytes that are read.`)
}
