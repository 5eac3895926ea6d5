import {
  quoted,
  readNumber,
  readString,
  refuse,
  refuseNext,
  skipSpace,
  type Cursor,
} from './json-token.ts'

/** A JSON value (RFC 8259); numbers are finite doubles and texts are well-formed Unicode (RFC 7493). */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json }

/**
 * The deepest nesting of arrays and objects that is read or written: 64.
 *
 * Reading and writing recurse once a level, and 64 frames fit in any stack; no manifest comes near it.
 */
export const MAX_DEPTH = 64

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const LETTER_F = 0x66
const LETTER_N = 0x6e
const LETTER_T = 0x74
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Reads a JSON text as `JSON.parse` does, and refuses what two readers may understand differently:
 * a name twice in one object, a lone surrogate, a number beyond a double, nesting over {@link MAX_DEPTH}.
 *
 * Positions in messages count UTF-16 code units from 0. Takes time linear in the length of the text.
 *
 * @throws {MALFORMED_JSON} the text is not such JSON.
 * @see https://www.rfc-editor.org/rfc/rfc8259
 * @see https://www.rfc-editor.org/rfc/rfc7493
 */
export function parseJsonStrictly(text: string): Json {
  if (!text.isWellFormed()) {
    refuse('a lone surrogate', text.search(/\p{Surrogate}/u), 'send well-formed Unicode')
  }
  const cursor: Cursor = { text, at: 0 }
  const value = readValue(cursor, 0)
  skipSpace(cursor)
  if (cursor.at < text.length) refuseNext(cursor, 'the end of the text')
  return value
}

function readValue(cursor: Cursor, depth: number): Json {
  switch (skipSpace(cursor)) {
    case QUOTE:
      return readString(cursor)
    case OPEN_BRACE:
      return readObject(cursor, depth + 1)
    case OPEN_BRACKET:
      return readArray(cursor, depth + 1)
    case LETTER_T:
      return readWord(cursor, 'true', true)
    case LETTER_F:
      return readWord(cursor, 'false', false)
    case LETTER_N:
      return readWord(cursor, 'null', null)
    default:
      return readNumber(cursor)
  }
}

function readObject(cursor: Cursor, depth: number): JsonObject {
  refuseDepth(cursor, depth)
  cursor.at += 1
  const object: Record<string, Json> = {}
  if (skipSpace(cursor) === CLOSE_BRACE) {
    cursor.at += 1
    return object
  }
  for (;;) {
    if (skipSpace(cursor) !== QUOTE) refuseNext(cursor, 'a name in double quotes')
    const start = cursor.at
    const name = readString(cursor)
    if (Object.hasOwn(object, name)) {
      refuse(`the name ${quoted(name)} for the second time`, start, 'an object has each name once')
    }
    if (skipSpace(cursor) !== COLON) refuseNext(cursor, 'a colon')
    cursor.at += 1
    setMember(object, name, readValue(cursor, depth))
    const code = skipSpace(cursor)
    if (code !== COMMA && code !== CLOSE_BRACE) refuseNext(cursor, 'a comma or "}"')
    cursor.at += 1
    if (code === CLOSE_BRACE) return object
  }
}

function setMember(object: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__') {
    // Assignment would set the prototype and lose the member.
    Object.defineProperty(object, name, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  } else {
    object[name] = value
  }
}

function readArray(cursor: Cursor, depth: number): readonly Json[] {
  refuseDepth(cursor, depth)
  cursor.at += 1
  const array: Json[] = []
  if (skipSpace(cursor) === CLOSE_BRACKET) {
    cursor.at += 1
    return array
  }
  for (;;) {
    array.push(readValue(cursor, depth))
    const code = skipSpace(cursor)
    if (code !== COMMA && code !== CLOSE_BRACKET) refuseNext(cursor, 'a comma or "]"')
    cursor.at += 1
    if (code === CLOSE_BRACKET) return array
  }
}

function readWord<Value extends Json>(cursor: Cursor, word: string, value: Value): Value {
  if (!cursor.text.startsWith(word, cursor.at)) refuseNext(cursor, 'a JSON value')
  cursor.at += word.length
  return value
}

function refuseDepth(cursor: Cursor, depth: number): void {
  if (depth <= MAX_DEPTH) return
  refuse(`more than ${MAX_DEPTH} levels of nesting`, cursor.at, 'send a flatter document')
}
