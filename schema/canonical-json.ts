import { CatalogError } from './errors.ts'
import { MAX_DEPTH } from './strict-json.ts'

export { MAX_DEPTH, parseJsonStrictly, type Json, type JsonObject } from './strict-json.ts'

/** A pointer in a message is cut to this many characters; names are foreign and may be long. */
const MAX_POINTER_LENGTH = 256

const FIRST_PRINTABLE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const FIRST_SURROGATE = 0xd800

/** The names and indexes that lead to the value at hand; only the first `depth` of them hold. */
type Path = (string | number)[]

/**
 * Writes a JSON value in its one canonical form, RFC 8785: names sorted by UTF-16 code units, numbers
 * as ECMAScript prints them, strings escaped as little as can be, no white space.
 *
 * Members that `JSON.stringify` would drop or rewrite are errors, because a document that silently
 * loses a member still gets a digest. Nesting is bounded by {@link MAX_DEPTH}, which also ends cycles.
 *
 * @throws {NOT_CANONICAL} the value, or a part of it that the message points at (RFC 6901), is no JSON.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalize(value: unknown): string {
  // Most documents come in order already: then the platform's own writer gives the same text, much faster.
  return standsInOrder(value, 0) ? JSON.stringify(value) : encode(value, 0, [])
}

/** Whether `JSON.stringify` writes a value in canonical form: it keeps the order of names, and cannot refuse. */
function standsInOrder(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
    case 'number':
      return Number.isFinite(value)
    case 'boolean':
      return true
    case 'object':
      if (value === null) return true
      if (depth >= MAX_DEPTH) return false
      return Array.isArray(value)
        ? itemsInOrder(value, depth + 1)
        : membersInOrder(value, depth + 1)
    default:
      return false
  }
}

function itemsInOrder(items: readonly unknown[], depth: number): boolean {
  if (Object.getPrototypeOf(items) !== Array.prototype) return false
  for (let index = 0; index < items.length; index += 1) {
    if (!standsInOrder(items[index], depth)) return false
  }
  return true
}

function membersInOrder(object: object, depth: number): boolean {
  if (!isPlain(object)) return false
  const names = Object.keys(object)
  if (!isSorted(names)) return false
  for (const name of names) {
    if (!name.isWellFormed() || !standsInOrder(object[name], depth)) return false
  }
  return true
}

function encode(value: unknown, depth: number, path: Path): string {
  switch (typeof value) {
    case 'string':
      return encodeString(value, depth, path)
    case 'number':
      if (!Number.isFinite(value)) refuse(String(value), 'send null or a string', path, depth)
      // `-0` prints as `0`, as the RFC wants.
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth >= MAX_DEPTH) {
        refuse(`nesting over ${MAX_DEPTH} levels`, 'send a flatter document', path, depth)
      }
      return Array.isArray(value)
        ? encodeArray(value, depth, path)
        : encodeObject(value, depth, path)
    case 'bigint':
      return refuse('a bigint', 'send it as a string', path, depth)
    default:
      return refuse(`a value of type ${typeof value}`, 'leave it out or send null', path, depth)
  }
}

function encodeArray(items: readonly unknown[], depth: number, path: Path): string {
  if (Object.getPrototypeOf(items) !== Array.prototype) {
    return refuse('an array of a class of its own', 'send a plain array', path, depth)
  }
  let text = '['
  for (let index = 0; index < items.length; index += 1) {
    path[depth] = index
    if (index > 0) text += ','
    text += encode(items[index], depth + 1, path)
  }
  return text + ']'
}

function encodeObject(object: object, depth: number, path: Path): string {
  if (!isPlain(object)) {
    return refuse('an object that is not plain', 'send its members alone', path, depth)
  }
  const names = Object.keys(object)
  if (!isSorted(names)) names.sort()
  let text = '{'
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? ''
    path[depth] = name
    if (index > 0) text += ','
    text += encodeString(name, depth + 1, path) + ':' + encode(object[name], depth + 1, path)
  }
  return text + '}'
}

function encodeString(text: string, depth: number, path: Path): string {
  if (isPlainText(text)) return '"' + text + '"'
  if (!text.isWellFormed()) refuse('a lone surrogate', 'send well-formed Unicode', path, depth)
  return JSON.stringify(text)
}

/** Whether a text is written as it stands between two quotes; a loop beats a regular expression here. */
function isPlainText(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < FIRST_PRINTABLE || code === QUOTE || code === BACKSLASH) return false
    if (code >= FIRST_SURROGATE) return false
  }
  return true
}

/** Whether an object is its named members and nothing else: no class, no symbols. */
function isPlain(object: object): object is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.getOwnPropertySymbols(object).length === 0
}

/** Whether names already stand in order of UTF-16 code units, as those of a canonical document do. */
function isSorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index += 1) {
    if ((names[index - 1] ?? '') > (names[index] ?? '')) return false
  }
  return true
}

function refuse(found: string, remedy: string, path: Path, depth: number): never {
  const pointer = path
    .slice(0, depth)
    .map((name) => '/' + String(name).replaceAll('~', '~0').replaceAll('/', '~1'))
    .join('')
  const shown =
    pointer.length > MAX_POINTER_LENGTH ? `${pointer.slice(0, MAX_POINTER_LENGTH)}…` : pointer
  // Quoting as JSON keeps a lone surrogate of a name out of the message.
  throw new CatalogError(
    'NOT_CANONICAL',
    `JSON cannot hold ${found}, which is at pointer ${JSON.stringify(shown)}; ${remedy}.`,
    { detail: { pointer: shown } },
  )
}
