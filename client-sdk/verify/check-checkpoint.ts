import { digestOf, isDigest, type Digest } from '../../schema/digest.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { parseJsonStrictly, type Json, type JsonObject } from '../../schema/strict-json.ts'
import {
  accepted,
  refused,
  type Finding,
  type FindingCode,
  type Parsed,
} from '../../schema/transparency/finding.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import { checkReceipt, type ReceiptClaim } from './check-receipt.ts'

/** A blob of a checkpoint: a worker's rank, the blob's name within its shard, the digest of its bytes. */
export interface HeldBlob {
  readonly rank: number
  readonly name: string
  readonly digest: string
}

/** The claim that a checkpoint is what the log says; each part that is given is checked against the one before. */
export interface CheckpointClaim extends ReceiptClaim {
  /** The id that the checkpoint is meant to have. */
  readonly checkpoint?: string
  /** The exact bytes of the manifest. */
  readonly manifest?: Uint8Array
  /** Blobs that one holds, with the digests computed from their bytes; they need the manifest. */
  readonly blobs?: readonly HeldBlob[]
}

/** What checking a checkpoint came to. */
export type CheckpointVerdict =
  | {
      readonly ok: true
      readonly findings: readonly []
      readonly checkpoint: Digest
      readonly index: number
      readonly head: TreeHead
      /** Blobs that the manifest names and the claim does not: nothing was said about their bytes. */
      readonly uncheckedBlobs: readonly HeldBlob[]
    }
  | { readonly ok: false; readonly findings: readonly Finding[] }

/**
 * Checks the unbroken chain of a checkpoint offline: signed tree head, entry, digest of the manifest, bytes of
 * the manifest, digests of the blobs. Lists all that is wrong; never throws.
 */
export async function checkCheckpoint(claim: CheckpointClaim): Promise<CheckpointVerdict> {
  const { manifest, blobs = [] } = claim
  const receipt = await checkReceipt(claim)
  const findings: Finding[] = [...receipt.findings]
  const subject = parseSubject(claim.entry)
  if (!subject.ok) findings.push(...subject.findings)
  if (subject.ok && claim.checkpoint !== undefined && claim.checkpoint !== subject.value) {
    findings.push(fault('entry-mismatch', 'entry', `It registers ${subject.value}, another one.`))
  }
  const named = manifest === undefined ? undefined : parseBlobs(manifest)
  if (manifest !== undefined && subject.ok && digestOf(manifest) !== subject.value) {
    findings.push(
      fault(
        'manifest-mismatch',
        'manifest',
        'Its digest is not the one in the entry: ask for it again.',
      ),
    )
  }
  if (named === undefined && blobs.length > 0) {
    findings.push(
      fault(
        'manifest-mismatch',
        'manifest',
        'The blobs can be judged by the manifest only: give it.',
      ),
    )
  }
  if (named?.ok === false) findings.push(...named.findings)
  if (named?.ok === true) findings.push(...blobs.flatMap((blob) => judge(blob, named.value)))
  if (findings.length > 0 || !receipt.ok || !subject.ok) return { ok: false, findings }
  const held = new Set(blobs.map(placeOf))
  return {
    ok: true,
    findings: [],
    checkpoint: subject.value,
    index: receipt.index,
    head: receipt.head,
    uncheckedBlobs:
      named?.ok === true ? [...named.value.values()].filter((one) => !held.has(placeOf(one))) : [],
  }
}

function judge(blob: HeldBlob, named: ReadonlyMap<string, HeldBlob>): readonly Finding[] {
  const place = placeOf(blob)
  const digest = named.get(place)?.digest
  if (digest === blob.digest) return []
  const message =
    digest === undefined
      ? 'The manifest does not name it: it is no part of this checkpoint.'
      : `Its bytes have another digest than the manifest says, ${digest}: restore it anew.`
  return [fault('blob-mismatch', place, message)]
}

function placeOf({ rank, name }: HeldBlob): string {
  return `rank ${rank}, ${JSON.stringify(name)}`
}

/** Reads from an entry which checkpoint it registers. */
function parseSubject(entry: Uint8Array): Parsed<Digest> {
  const read = parseJsonBytes(entry, 'entry-mismatch', 'entry')
  if (!read.ok) return read
  const subject = read.value['subject']
  return read.value['kind'] === 'checkpoint.registered' && isDigest(subject)
    ? accepted(subject)
    : refused(
        'entry-mismatch',
        'entry',
        'It does not register a checkpoint: use the one that does.',
      )
}

/** Reads from a manifest the blobs that it names, by their place. */
function parseBlobs(manifest: Uint8Array): Parsed<ReadonlyMap<string, HeldBlob>> {
  const read = parseJsonBytes(manifest, 'manifest-mismatch', 'manifest')
  if (!read.ok) return read
  const blobs = new Map<string, HeldBlob>()
  for (const shard of listOf(read.value['shards'])) {
    for (const blob of listOf(shard['blobs'])) {
      const { name, digest } = blob
      const { rank } = shard
      if (typeof rank !== 'number' || typeof name !== 'string' || typeof digest !== 'string') {
        return refused('manifest-mismatch', 'manifest', 'A blob in it has no name, rank or digest.')
      }
      blobs.set(placeOf({ rank, name, digest }), { rank, name, digest })
    }
  }
  return accepted(blobs)
}

function parseJsonBytes(bytes: Uint8Array, code: FindingCode, where: string): Parsed<JsonObject> {
  try {
    const value = parseJsonStrictly(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isObject(value)) return accepted(value)
    return refused(code, where, 'It is JSON, but no object: use the exact bytes.')
  } catch (error) {
    const reason = isCatalogError(error) ? error.message : 'The bytes are not UTF-8.'
    return refused(code, where, reason)
  }
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fault(code: FindingCode, where: string, message: string): Finding {
  return { code, where, message }
}
