import type { BucketFindings } from '../../schema/bucket.ts'
import { isProven } from '../../schema/bucket.ts'
import type { BlobFault, Encryption, PlaceStanding } from '../../schema/blob-standing.ts'
import {
  ENCRYPTIONS_MAX_COUNT,
  PLACES_MAX_COUNT,
  VIOLATION_MAX_LENGTH,
  VIOLATIONS_MAX_COUNT,
} from '../../schema/blob-standing.ts'
import type { BlobReference } from '../../schema/blob-reference.ts'
import type { EvidenceDetail } from '../../schema/checkpoint.ts'
import { versionViolations, type StoragePolicy } from '../../schema/storage-rules.ts'
import { FAULTS_MAX_COUNT } from '../../schema/verification.ts'
import type { StoredVersion } from '../store/blob-store.ts'

/** Who records what the catalog finds of its own accord. */
export const CATALOG_ACTOR = 'cairn'

/** `unknown`: nobody could look. It is no finding, and demotes nothing. */
export type Outcome = 'passed' | 'failed' | 'unknown'

/** How a blob was looked at. */
export type Method = 'stat' | 'attested-checksum' | 'read-sha256'

/** One blob in one of its places. */
export interface BlobInPlace extends Pick<
  BlobReference,
  'name' | 'sizeBytes' | 'digest' | 'checksum' | 'uri' | 'versionId'
> {
  readonly rank: number
  readonly region?: string | undefined
}

/** What a look at a blob in one place came to. */
export interface Look {
  readonly bucket: string
  readonly region?: string | undefined
  readonly outcome: Outcome
  readonly fault?: BlobFault
  readonly method?: Method
  readonly stored?: StoredVersion
  readonly bytesRead: number
}

/** Half of a character beyond U+FFFF. */
const HALF = /[\ud800-\udfff]/

/** The order in which stores list, that of UTF-8: JavaScript's own puts characters beyond U+FFFF before some others. */
export function compareUris(left: string, right: string): number {
  if (left === right) return 0
  if (HALF.test(left) || HALF.test(right)) {
    return Buffer.compare(Buffer.from(left), Buffer.from(right))
  }
  return left < right ? -1 : 1
}

/** What a blob with all its copies comes to: one place that passes is enough, and it fails only if all do. */
export function outcomeOfBlob(looks: readonly Look[]): Outcome {
  if (looks.some((look) => look.outcome === 'passed')) return 'passed'
  return looks.every((look) => look.outcome === 'failed') ? 'failed' : 'unknown'
}

/**
 * Whether the store itself attests that the bytes are those of the reference: by a checksum over the whole
 * object, of a kind that a probe has shown it to check.
 */
export function isAttested(
  blob: Pick<BlobReference, 'digest' | 'checksum'>,
  stored: StoredVersion,
  findings: BucketFindings | undefined,
): boolean {
  const { checksum } = stored
  if (checksum?.algorithm === 'SHA256') {
    const hex = blob.digest.slice('sha256:'.length)
    const isChecked = isProven(findings, 'sha256-check') && isProven(findings, 'sha256-attestation')
    return isChecked && checksum.value === Buffer.from(hex, 'hex').toString('base64')
  }
  if (checksum?.algorithm === 'CRC64NVME' && blob.checksum?.algorithm === 'CRC64NVME') {
    return isProven(findings, 'crc64nvme-attestation') && checksum.value === blob.checksum.value
  }
  return false
}

/** What looks at all blobs of a checkpoint come to, gathered one blob at a time in bounded memory. */
export interface Tally {
  /** Takes the looks at one blob and its copies; gives what it comes to. */
  add(looks: readonly Look[]): Outcome
  /** What all blobs together come to. */
  readonly outcome: () => Outcome
  readonly faults: () => readonly BlobFault[]
  readonly method: () => string
  readonly bytesRead: () => number
  readonly detail: () => EvidenceDetail
}

/** Begins to gather. */
export function openTally(policy: StoragePolicy | undefined): Tally {
  const places = new Map<string, Mutable<PlaceStanding>>()
  const encryption = new Map<string, Encryption>()
  const methods = new Set<Method>()
  const faults: BlobFault[] = []
  const violations = new Set<string>()
  let bytesRead = 0
  let failure: BlobFault | undefined
  let isUnknown = false
  let locked: { readonly until: string } | 'none' | undefined
  return {
    add: (looks) => {
      for (const look of looks) {
        bytesRead += look.bytesRead
        if (look.method !== undefined) methods.add(look.method)
        if (look.fault !== undefined && faults.length < FAULTS_MAX_COUNT) faults.push(look.fault)
        countIn(places, look)
        if (look.stored === undefined) continue
        noteEncryption(encryption, look.stored)
        if (policy !== undefined) noteViolations(violations, policy, look)
        const until = look.stored.lock?.retainUntil
        locked = until === undefined || locked === 'none' ? 'none' : earlier(locked, until)
      }
      const outcome = outcomeOfBlob(looks)
      if (outcome === 'failed') failure = worse(failure, looks)
      if (outcome === 'unknown') isUnknown = true
      return outcome
    },
    outcome: () => (failure !== undefined ? 'failed' : isUnknown ? 'unknown' : 'passed'),
    faults: () => faults,
    method: () => [...methods].toSorted().join(',') || 'stat',
    bytesRead: () => bytesRead,
    detail: () => ({
      ...(failure === undefined ? {} : { fault: failure }),
      ...(places.size === 0 ? {} : { places: [...places.values()] }),
      ...(encryption.size === 0 ? {} : { encryption: [...encryption.values()] }),
      ...(locked === undefined || locked === 'none' ? {} : { lockedUntil: locked.until }),
      ...(violations.size === 0 ? {} : { violations: [...violations] }),
    }),
  }
}

/** What is said to have failed: other bytes before anything else, as only reading them again can answer that. */
function worse(known: BlobFault | undefined, looks: readonly Look[]): BlobFault | undefined {
  if (known?.code === 'DIGEST_DIFFERS') return known
  const differs = looks.find((look) => look.fault?.code === 'DIGEST_DIFFERS')
  return differs?.fault ?? known ?? looks[0]?.fault
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

function countIn(places: Map<string, Mutable<PlaceStanding>>, look: Look): void {
  const { bucket, region, outcome } = look
  const name = `${bucket}\n${region ?? ''}`
  let place = places.get(name)
  if (place === undefined) {
    if (places.size >= PLACES_MAX_COUNT) return
    const counts = { blobCount: 0, passed: 0, failed: 0, unknown: 0 }
    place = { bucket, ...(region === undefined ? {} : { region }), ...counts }
    places.set(name, place)
  }
  place.blobCount += 1
  place[outcome] += 1
}

function noteEncryption(known: Map<string, Encryption>, { encryption }: StoredVersion): void {
  if (encryption === undefined || known.size >= ENCRYPTIONS_MAX_COUNT) return
  known.set(`${encryption.algorithm}\n${encryption.keyId ?? ''}`, encryption)
}

function earlier(
  known: { readonly until: string } | undefined,
  until: string,
): { readonly until: string } {
  return known !== undefined && known.until < until ? known : { until }
}

function noteViolations(
  known: Set<string>,
  policy: StoragePolicy,
  { bucket, region, stored }: Look,
): void {
  if (stored === undefined) return
  const { encryption, lock, legalHold } = stored
  const found = versionViolations(
    policy,
    { bucket, region },
    {
      ...(encryption === undefined ? {} : { encryption }),
      isLocked: lock !== undefined || legalHold,
    },
  )
  for (const violation of found) {
    if (known.size < VIOLATIONS_MAX_COUNT) known.add(violation.slice(0, VIOLATION_MAX_LENGTH))
  }
}
