import { CatalogError } from '../errors.ts'
import { refuseUnlessHash, refuseUnlessSize } from '../merkle.ts'
import { encodeBase64, parseHashLine } from './base64.ts'
import { accepted, refused, type Parsed } from './finding.ts'
import { parseLogSize } from './log-size.ts'
import { MAX_NOTE_BYTES } from './signed-note.ts'
import { parseUtf8 } from './utf8.ts'

/**
 * What a log says it is: its origin, its size in entries, and the root of its tree, 32 bytes. Extension
 * lines are kept as they are and mean nothing here.
 */
export type TreeHead = {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  readonly extensions: readonly string[]
}

/**
 * The text of a tree head, to be signed as a note. Cairn's logs have no extension lines.
 *
 * @throws {INVALID_NAME} the origin is empty or has a control character.
 * @throws {INVALID_DIGEST} the root does not have 32 bytes.
 * @throws {LOG_INDEX_OUT_OF_RANGE} the size is not a whole number from 0 to 2^53 − 1.
 * @see https://c2sp.org/tlog-checkpoint@v1.0.0
 */
export function formatTreeHead(head: Omit<TreeHead, 'extensions'>): string {
  const { origin, size, root } = head
  if (!isLine(origin)) {
    const message =
      'The origin of a log is empty or has a control character; use a URL without scheme.'
    throw new CatalogError('INVALID_NAME', message)
  }
  refuseUnlessSize(size)
  refuseUnlessHash(root)
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

/**
 * Reads a tree head from the text of a note, and of one that was verified: what nobody has signed says
 * nothing. Never throws.
 *
 * @see https://c2sp.org/tlog-checkpoint@v1.0.0
 */
export function parseTreeHead(text: string): Parsed<TreeHead> {
  const read = parseUtf8(text, MAX_NOTE_BYTES, 'tree head')
  if (!read.ok) return read
  const [origin, sizeLine, rootLine, ...extensions] = text.slice(0, -1).split('\n')
  if (!text.endsWith('\n') || sizeLine === undefined || rootLine === undefined) {
    const message = 'A tree head has a line each for origin, size and root, and ends in a newline.'
    return refused('tree-head-malformed', 'end', message)
  }
  if (origin === undefined || !isLine(origin)) {
    const message = 'The origin of a log is not empty and has no control character.'
    return refused('tree-head-malformed', 'line 1', message)
  }
  const size = parseLogSize(sizeLine, 'line 2')
  if (!size.ok) return size
  const root = parseHashLine(rootLine, 'line 3')
  if (!root.ok) return root
  const bad = extensions.findIndex((line) => !isLine(line))
  if (bad >= 0) {
    const message = 'An extension line is not empty and has no control character.'
    return refused('tree-head-malformed', `line ${bad + 4}`, message)
  }
  return accepted({ origin, size: size.value, root: root.value, extensions })
}

function isLine(text: string): boolean {
  return text.isWellFormed() && /^[^\u0000-\u001f]+$/.test(text)
}
