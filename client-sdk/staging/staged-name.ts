import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'

/** What the name of a staged checkpoint's folder says. */
export interface StagedName {
  readonly text: string
  readonly sequence: number
  readonly lineKey: string
  /** Of its contents that are in the folder. */
  readonly sizeBytes: number
}

const GRAMMAR =
  /^(?<sequence>\d{16})-(?<lineKey>[0-9a-f]{16})-[0-9a-f]{8}-(?<size>\d{1,16})\.staged$/

/** Two processes cannot make the same name: each puts its own 32 random bits into all of its names. */
const writer = randomBytes(4).toString('hex')

/** The name of a new staged checkpoint. */
export function makeStagedName(sequence: number, lineKey: string, sizeBytes: number): string {
  const text = `${String(sequence).padStart(16, '0')}-${lineKey}-${writer}-${sizeBytes}.staged`
  // A checkpoint under a name that no listing finds would be lost.
  assert(parseStagedName(text) !== undefined, `no name of a staged checkpoint: ${text}`)
  return text
}

/** Names of staged checkpoints in the order in which to upload them; other names are left out. */
export function sortedStagedNames(names: readonly string[]): readonly StagedName[] {
  return names
    .map(parseStagedName)
    .filter((name) => name !== undefined)
    .sort((one, other) => (one.text < other.text ? -1 : 1))
}

function parseStagedName(text: string): StagedName | undefined {
  const parts = GRAMMAR.exec(text)?.groups
  if (parts === undefined) return undefined
  const sequence = Number(parts['sequence'])
  const sizeBytes = Number(parts['size'])
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(sizeBytes)) return undefined
  return { text, sequence, lineKey: parts['lineKey'] ?? '', sizeBytes }
}
