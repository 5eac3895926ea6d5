import { canonicalize, type Json } from './canonical-json.ts'
import { HASH_BYTES, sha256 } from './digest.ts'
import type { ErrorCode } from './errors.ts'
import { accepted, refused, type Finding, type Parsed } from './transparency/finding.ts'
import { sameBytes } from './same-bytes.ts'

/**
 * How what was asked ended: it made entries, it was recorded before, the rules refused it, or its
 * principal was not allowed to ask.
 */
export const accessOutcomes = ['appended', 'unchanged', 'refused', 'denied'] as const
export type AccessOutcome = (typeof accessOutcomes)[number]

/** Requests of a batch that say the same: who asked what, and how it ended. */
export interface AccessLine {
  readonly outcome: AccessOutcome
  /** How many requests. */
  readonly count: number
  /** Absent where no token said who it was. */
  readonly principal?: string
  /** Id of the operation; absent for what the catalog did of its own accord. */
  readonly operation?: string
  /** The `namespace/job` pattern of the grant that allowed it. */
  readonly grant?: string
  /** What was asked for, where it was denied: a namespace, or `namespace/job`. */
  readonly on?: string
  /** Why it was refused or denied. */
  readonly code?: ErrorCode
  /** First and last index of the entries made, each run of them once. */
  readonly entries?: readonly (readonly [first: number, last: number])[]
}

/** What one record of the access log says: one batch of one namespace. */
export interface AccessBody {
  readonly v: 1
  /** RFC 3339 UTC, by the server's clock. */
  readonly at: string
  readonly lines: readonly AccessLine[]
  /** Denials beyond what is kept, of which only the number is known. */
  readonly dropped?: number
}

/** A record as it is stored: `hash` is SHA-256 over `previous` and `body`. */
export interface StoredAccess {
  readonly sequence: number
  readonly previous: Uint8Array
  readonly hash: Uint8Array
  /** Canonical JSON (RFC 8785) of an {@link AccessBody}. */
  readonly body: Uint8Array
}

/** Where a chain stands: what the next record must have. */
export interface AccessPosition {
  readonly next: number
  readonly hash: Uint8Array
}

/** Where the chain of a namespace begins. */
export function accessStart(namespace: string): AccessPosition {
  return { next: 0, hash: sha256(utf8.encode(`cairn access log v1\n${namespace}\n`)) }
}

/** The hash of a record. */
export function accessHash(previous: Uint8Array, body: Uint8Array): Uint8Array {
  const input = new Uint8Array(previous.length + body.length)
  input.set(previous)
  input.set(body, previous.length)
  return sha256(input)
}

/**
 * Checks one record against where the chain stands; goes on from what the record claims, so that one
 * fault is reported once.
 */
export function checkAccess(
  at: AccessPosition,
  record: StoredAccess,
): { readonly at: AccessPosition; readonly findings: readonly Finding[] } {
  const { sequence, previous, hash, body } = record
  const where = `access log record ${sequence}`
  const findings: Finding[] = []
  const find = (code: Finding['code'], message: string): void => {
    findings.push({ code, where, message })
  }
  if (sequence !== at.next) {
    find('access-gap', `Record ${at.next} was to come here: records are missing or out of order.`)
  }
  if (previous.length !== HASH_BYTES || hash.length !== HASH_BYTES) {
    find('access-hash-mismatch', `A hash does not have ${HASH_BYTES} bytes.`)
  } else {
    if (!sameBytes(previous, at.hash)) {
      find(
        'access-chain-broken',
        'It does not follow the record before it: one of them was changed.',
      )
    }
    if (!sameBytes(hash, accessHash(previous, body))) {
      find('access-hash-mismatch', 'Its hash is not that of its bytes: it was changed.')
    }
  }
  const parsed = parseAccessBody(body, where)
  if (!parsed.ok) findings.push(...parsed.findings)
  return { at: { next: sequence + 1, hash }, findings }
}

/** Reads a record's body; never throws. */
export function parseAccessBody(
  bytes: Uint8Array,
  where = 'access log record',
): Parsed<AccessBody> {
  try {
    const text = utf8Strict.decode(bytes)
    const value = JSON.parse(text) as Json
    if (canonicalize(value) === text && isBody(value)) return accepted(value)
  } catch {
    // Said below, in one sentence for every way of not being one.
  }
  return refused('access-body-malformed', where, 'Its bytes are no canonical record of version 1.')
}

function isBody(value: unknown): value is AccessBody {
  const { v, at, lines } = membersOf(value)
  return v === 1 && typeof at === 'string' && Array.isArray(lines) && lines.every(isLine)
}

function isLine(value: unknown): boolean {
  const { outcome, count, entries = [], ...texts } = membersOf(value)
  return (
    accessOutcomes.some((known) => known === outcome) &&
    Number.isSafeInteger(count) &&
    Array.isArray(entries) &&
    entries.every(isRun) &&
    Object.values(texts).every((text) => typeof text === 'string')
  )
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function isRun(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger)
}

const utf8 = new TextEncoder()
const utf8Strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
