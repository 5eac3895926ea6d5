import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { parseJsonStrictly, type JsonObject } from '../../schema/canonical-json.ts'
import { decodeBase64 } from '../../schema/transparency/base64.ts'
import { accepted, refused, type Parsed } from '../../schema/transparency/finding.ts'

/** What a receipt file holds: what `cairn log prove --json` prints, with the entry decoded. */
export interface ReceiptFile {
  readonly checkpoint: string
  readonly index: number
  readonly entry: Uint8Array
  readonly proof: string
}

/** The longest receipt file: a proof of 1 MiB and an entry of 64 KiB in base64, with room. */
export const RECEIPT_MAX_BYTES = 2 * 1024 * 1024

/** What a tlog-proof begins with. */
const PROOF_HEADER = 'c2sp.org/tlog-proof@'

/** Reads a receipt file's text; whatever is wrong with it is a finding. */
export function parseReceiptFile(text: string): Parsed<ReceiptFile> {
  const read = parseMembers(text)
  if (!read.ok) return read
  const { checkpoint, index, entry, proof } = read.value
  const bytes = typeof entry === 'string' ? decodeBase64(entry) : undefined
  if (bytes === undefined) {
    return refused('base64-malformed', 'entry', 'It is missing, or no strict base64.')
  }
  if (typeof proof !== 'string') return malformed('proof', 'It is missing.')
  if (typeof checkpoint !== 'string') return malformed('checkpoint', 'It is missing.')
  if (typeof index !== 'number') return malformed('index', 'It is missing, or no number.')
  return accepted({ checkpoint, index, entry: bytes, proof })
}

function parseMembers(text: string): Parsed<JsonObject> {
  if (text.startsWith(PROOF_HEADER)) {
    return malformed(
      'receipt',
      'It is the proof alone, without the entry that it is about: "cairn log prove --json" prints the whole receipt.',
    )
  }
  try {
    const value = parseJsonStrictly(text)
    if (isObject(value)) return accepted(value)
    return malformed('receipt', 'It is JSON, but no object: give what "cairn log prove" printed.')
  } catch (error) {
    if (!isCatalogError(error)) throw error
    return malformed('receipt', error.message)
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(where: string, message: string): Parsed<never> {
  return refused('proof-malformed', where, message)
}

/** The refusal of a command line that names neither or both of what there is to verify. */
export function oneOfTwo(): CatalogError {
  return new CatalogError('INVALID_REQUEST', 'Give either a receipt file or --folder.')
}
