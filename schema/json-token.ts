import { CatalogError } from './errors.ts'

/** An error quotes at most this many characters of foreign text, so that its message stays a sentence. */
const MAX_QUOTED_LENGTH = 64

/** Integers of up to 15 digits stay below 2^53, so summing their digits is exact and spares a slice. */
const MAX_EXACT_DIGITS = 15

const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const BACKSLASH = 0x5c

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** A JSON text and the position in it, in UTF-16 code units, that is read next. */
export type Cursor = { readonly text: string; at: number }

/** Moves past white space; the code unit that follows, NaN at the end of the text. */
export function skipSpace(cursor: Cursor): number {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code
    cursor.at += 1
  }
}

/**
 * Reads the string whose opening quote the cursor is at.
 *
 * @throws {MALFORMED_JSON} it has no end, a control character, a bad escape or a lone surrogate.
 */
export function readString(cursor: Cursor): string {
  const { text } = cursor
  const start = cursor.at
  let chunkStart = start + 1
  let read = ''
  for (let at = chunkStart; ; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      cursor.at = at + 1
      if (chunkStart === start + 1) return text.slice(chunkStart, at)
      read += text.slice(chunkStart, at)
      if (read.isWellFormed()) return read
      refuse('an escaped lone surrogate in the string', start, 'send well-formed Unicode')
    }
    if (code === BACKSLASH) {
      read += text.slice(chunkStart, at)
      cursor.at = at + 1
      read += readEscape(cursor)
      at = cursor.at - 1
      chunkStart = cursor.at
    } else if (!(code >= 0x20)) {
      // Also reached at the end of the text, where the code is NaN.
      cursor.at = at
      refuseNext(cursor, 'a double quote or an escaped control character')
    }
  }
}

function readEscape(cursor: Cursor): string {
  const { text, at } = cursor
  const letter = text.charAt(at)
  if (letter === 'u') {
    const digits = text.slice(at + 1, at + 5)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) refuseNext(cursor, '"u" with four hexadecimal digits')
    cursor.at = at + 5
    return String.fromCharCode(Number.parseInt(digits, 16))
  }
  const character = escapes.get(letter)
  if (character === undefined) return refuseNext(cursor, 'one of "\\/bfnrtu after the backslash')
  cursor.at = at + 1
  return character
}

/**
 * Reads a number, or says that no JSON value stands here: this is the reader's last resort.
 *
 * @throws {MALFORMED_JSON} it is not a number of the JSON grammar, or too large for a double.
 */
export function readNumber(cursor: Cursor): number {
  const { text } = cursor
  const start = cursor.at
  const negative = text.charCodeAt(start) === MINUS
  const first = negative ? start + 1 : start
  let value = 0
  cursor.at = first
  for (let digit = digitAt(cursor); digit >= 0; digit = digitAt(cursor)) {
    value = value * 10 + digit
    cursor.at += 1
  }
  const digits = cursor.at - first
  if (digits === 0) refuseNext(cursor, negative ? 'a digit' : 'a JSON value')
  if (digits > 1 && text.charCodeAt(first) === ZERO) {
    refuse('a number with a leading zero', start, 'send the number without it')
  }
  const integer = !readFraction(cursor)
  if (integer && digits <= MAX_EXACT_DIGITS) return negative ? -value : value
  value = Number(text.slice(start, cursor.at))
  if (Number.isFinite(value)) return value
  return refuse('a number too large for a double', start, 'send it as a string')
}

/** Moves past a fraction and an exponent; whether there was either. */
function readFraction(cursor: Cursor): boolean {
  const { text, at } = cursor
  if (text.charCodeAt(at) === POINT) {
    cursor.at += 1
    skipDigits(cursor)
  }
  const letter = text.charAt(cursor.at)
  if (letter === 'e' || letter === 'E') {
    cursor.at += 1
    const sign = text.charAt(cursor.at)
    if (sign === '+' || sign === '-') cursor.at += 1
    skipDigits(cursor)
  }
  return cursor.at > at
}

function skipDigits(cursor: Cursor): void {
  if (digitAt(cursor) < 0) refuseNext(cursor, 'a digit')
  while (digitAt(cursor) >= 0) cursor.at += 1
}

function digitAt(cursor: Cursor): number {
  const digit = cursor.text.charCodeAt(cursor.at) - ZERO
  return digit >= 0 && digit <= 9 ? digit : -1
}

/**
 * Refuses what stands at the cursor in place of what was expected.
 *
 * @throws {MALFORMED_JSON} always.
 */
export function refuseNext(cursor: Cursor, expected: string): never {
  const { text, at } = cursor
  const found =
    at < text.length ? quoted(String.fromCodePoint(text.codePointAt(at) ?? 0)) : 'its end'
  return refuse(found, at, `${expected} belongs there`)
}

/**
 * Refuses a text for what it has at a position.
 *
 * @throws {MALFORMED_JSON} always.
 */
export function refuse(found: string, position: number, remedy: string): never {
  throw new CatalogError(
    'MALFORMED_JSON',
    `The JSON text has ${found} at position ${position}; ${remedy}.`,
    { detail: { position } },
  )
}

/** A foreign text in quotes and without lone surrogates, cut to a length that a message can carry. */
export function quoted(text: string): string {
  const shown = text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text
  return JSON.stringify(shown)
}
