import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { SpoolLine } from '../spool.ts'

/** What a record's file name says, so that a folder's listing gives order, lines and sizes without reading. */
export interface RecordName {
  readonly text: string
  readonly sequence: number
  readonly lineKey: string
  /** Size of the whole file. */
  readonly sizeBytes: number
}

const GRAMMAR =
  /^(?<sequence>\d{16})-(?<lineKey>[0-9a-f]{16})-[0-9a-f]{8}-(?<size>[1-9]\d{0,9})\.record$/

/** Two processes cannot make the same name: each puts its own 32 random bits into all of its names. */
const writer = randomBytes(4).toString('hex')

/** Which line a file belongs to: the first 16 hexadecimal digits of the SHA-256 of its three names. */
export function lineKeyOf(line: SpoolLine): string {
  const names = [line.namespace, line.job, line.partition].join('\n')
  return createHash('sha256').update(names).digest('hex').slice(0, 16)
}

/** The name of a new record. */
export function makeRecordName(sequence: number, lineKey: string, sizeBytes: number): RecordName {
  const digits = String(sequence).padStart(16, '0')
  const text = `${digits}-${lineKey}-${writer}-${sizeBytes}.record`
  // A record under a name that no listing finds would be lost.
  assert(parseRecordName(text) !== undefined, `no record's name: ${text}`)
  return { text, sequence, lineKey, sizeBytes }
}

/** Reads a file's name; undefined when it is no record's. */
export function parseRecordName(text: string): RecordName | undefined {
  const parts = GRAMMAR.exec(text)?.groups
  if (parts === undefined) return undefined
  const sequence = Number(parts['sequence'])
  if (!Number.isSafeInteger(sequence)) return undefined
  return { text, sequence, lineKey: parts['lineKey'] ?? '', sizeBytes: Number(parts['size']) }
}

/** Names of records in the order in which to send them. */
export function sortedRecordNames(names: readonly string[]): readonly RecordName[] {
  return names
    .map(parseRecordName)
    .filter((name) => name !== undefined)
    .sort((one, other) => (one.text < other.text ? -1 : 1))
}

/**
 * The sequence after another: microseconds of the clock, or one more when the clock has not moved on.
 *
 * Time orders the records of processes that do not know of each other; the last number keeps the order
 * of one process whatever its clock does.
 */
export function nextSequence(last: number, nowMs: number): number {
  return Math.max(last + 1, Math.floor(nowMs * 1000))
}
