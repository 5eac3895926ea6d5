import { decodeBase64, encodeBase64, parseHashLine } from './base64.ts'
import { accepted, refused, type Finding, type Parsed } from './finding.ts'
import { parseLogSize } from './log-size.ts'
import { parseUtf8 } from './utf8.ts'

const HEADER = 'c2sp.org/tlog-proof@v1'
const EXTRA_PREFIX = 'extra '
const INDEX_PREFIX = 'index '

/** A log of up to 2^53 − 1 entries is at most 53 levels high. */
const PATH_MAX_COUNT = 53

/** Most bytes of a receipt: a note of many large signatures and some extra data fit several times over. */
const PROOF_MAX_BYTES = 1024 * 1024

/** A receipt: that the signed log has an entry at an index; the entry's bytes are kept beside it. */
export type TlogProof = {
  /** Not authenticated by anything. */
  readonly extra?: Uint8Array
  readonly index: number
  /** Sibling hashes from the leaf up, 32 bytes each. */
  readonly path: readonly Uint8Array[]
  /** The signed tree head, verbatim with its signatures; not looked into here. */
  readonly signedHead: string
}

/**
 * Reads a receipt, its text or the UTF-8 bytes of it; never throws. The signed head is not looked into.
 *
 * @see https://c2sp.org/tlog-proof
 */
export function parseTlogProof(input: string | Uint8Array): Parsed<TlogProof> {
  const read = parseUtf8(input, PROOF_MAX_BYTES, 'proof')
  if (!read.ok) return read
  const text = read.value
  const end = text.indexOf('\n\n')
  if (end < 0) return malformed('proof', 'it has no empty line before the signed tree head')
  const lines = text.slice(0, end).split('\n')
  if (lines[0] !== HEADER) return malformed('line 1', `it must be ${HEADER}`)
  const extraLine = lines[1]?.startsWith(EXTRA_PREFIX) === true ? lines[1] : undefined
  const extra = extraLine === undefined ? undefined : parseExtra(extraLine)
  if (extra?.ok === false) return extra
  const indexAt = extraLine === undefined ? 1 : 2
  const index = parseIndex(lines[indexAt], `line ${indexAt + 1}`)
  if (!index.ok) return index
  const path = parsePath(lines.slice(indexAt + 1), indexAt + 2)
  if (!path.ok) return path
  return accepted({
    ...(extra === undefined ? {} : { extra: extra.value }),
    index: index.value,
    path: path.value,
    signedHead: text.slice(end + 2),
  })
}

/**
 * Writes the text of a receipt, as kept in a file that ends in `.tlog-proof`.
 *
 * @see https://c2sp.org/tlog-proof
 */
export function formatTlogProof(proof: TlogProof): string {
  const { extra, index, path, signedHead } = proof
  const extraLines = extra === undefined ? [] : [EXTRA_PREFIX + encodeBase64(extra)]
  const lines = [HEADER, ...extraLines, `${INDEX_PREFIX}${index}`, ...path.map(encodeBase64)]
  return `${lines.join('\n')}\n\n${signedHead}`
}

function parseExtra(line: string): Parsed<Uint8Array> {
  const extra = decodeBase64(line.slice(EXTRA_PREFIX.length))
  return extra === undefined
    ? refused('base64-malformed', 'line 2', 'The extra data is no strict base64.')
    : accepted(extra)
}

function parseIndex(line: string | undefined, where: string): Parsed<number> {
  return line?.startsWith(INDEX_PREFIX) === true
    ? parseLogSize(line.slice(INDEX_PREFIX.length), where)
    : malformed(where, 'it must be "index " and the number of the entry')
}

function parsePath(lines: readonly string[], firstLine: number): Parsed<readonly Uint8Array[]> {
  if (lines.length > PATH_MAX_COUNT) {
    return malformed(`line ${firstLine + PATH_MAX_COUNT}`, `it has over ${PATH_MAX_COUNT} hashes`)
  }
  const hashes: Uint8Array[] = []
  const findings: Finding[] = []
  for (const [offset, line] of lines.entries()) {
    const hash = parseHashLine(line, `line ${firstLine + offset}`)
    if (hash.ok) hashes.push(hash.value)
    else findings.push(...hash.findings)
  }
  return findings.length === 0 ? accepted(hashes) : { ok: false, findings }
}

function malformed(where: string, what: string): Parsed<never> {
  return refused(
    'proof-malformed',
    where,
    `The proof cannot be read: ${what}; use the receipt as the log gave it.`,
  )
}
