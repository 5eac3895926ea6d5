import { createHash } from 'node:crypto'
import { digestOf } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Digest } from '../api.ts'
import type { SpoolRecord } from '../spool.ts'
import { lineKeyOf, type RecordName } from './record-name.ts'

/** The most bytes of a manifest: what the catalog takes as one document. */
export const MANIFEST_MAX_BYTES = 8 * 1024 * 1024

/** A digest, a space, and names of at most 128 or 256 characters with the rest of the fields around them. */
const HEADER_MAX_BYTES = 4096

/** A larger file is no record; it is set aside unread. */
export const RECORD_MAX_BYTES = MANIFEST_MAX_BYTES + HEADER_MAX_BYTES

const SEAL_LENGTH = 64
const NEWLINE = 0x0a
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** A record and when it was made. */
export interface SpooledRecord {
  readonly record: SpoolRecord
  /** RFC 3339. */
  readonly createdAt: string
}

/** A record, or what is wrong with its file. */
export type DecodedRecord =
  ({ readonly intact: true } & SpooledRecord) | { readonly intact: false; readonly fault: string }

/**
 * The bytes of a record's file: a header line, then exactly the manifest's bytes.
 *
 * @throws {DIGEST_MISMATCH} the checkpoint is not the digest of the manifest
 * @throws {DOCUMENT_TOO_LARGE} the manifest has more than {@link MANIFEST_MAX_BYTES}
 * @see docs/spool-format.md
 */
export function encodeRecord(record: SpoolRecord, createdAt: string): Buffer {
  const digest = digestOf(record.manifest)
  if (record.checkpoint !== digest) {
    throw new CatalogError(
      'DIGEST_MISMATCH',
      `The manifest's digest is ${digest} and the record says ${record.checkpoint}; digest the exact text.`,
    )
  }
  const manifest = Buffer.from(record.manifest)
  if (manifest.length > MANIFEST_MAX_BYTES) {
    throw new CatalogError(
      'DOCUMENT_TOO_LARGE',
      `A manifest has at most ${MANIFEST_MAX_BYTES} bytes and this one ${manifest.length}; list fewer blobs.`,
    )
  }
  const { namespace, job, partition, run, attempt, step, checkpoint } = record
  const header = JSON.stringify({
    format: 1,
    namespace,
    job,
    partition,
    run,
    attempt,
    step,
    checkpoint,
    createdAt,
  })
  const sealed = Buffer.concat([Buffer.from(`${header}\n`), manifest])
  return Buffer.concat([Buffer.from(`${sealOf(sealed)} `), sealed])
}

/** Reads a record's file and checks all of it: its size, its seal, its fields and its manifest. */
export function decodeRecord(bytes: Buffer, name: RecordName): DecodedRecord {
  if (bytes.length !== name.sizeBytes) {
    return broken(`it has ${bytes.length} bytes and its name says ${name.sizeBytes}`)
  }
  const end = bytes.subarray(0, HEADER_MAX_BYTES).indexOf(NEWLINE)
  if (end < SEAL_LENGTH) return broken('it has no header line')
  const seal = bytes.toString('latin1', 0, SEAL_LENGTH + 1)
  if (seal !== `${sealOf(bytes.subarray(SEAL_LENGTH + 1))} `) {
    return broken('its bytes differ from what was sealed')
  }
  const manifest = bytes.subarray(end + 1)
  try {
    const header: unknown = JSON.parse(bytes.toString('utf8', SEAL_LENGTH + 1, end))
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(manifest)
    const spooled = parseHeader(header, text)
    if (spooled === undefined) return broken('its header lacks a field or has a wrong one')
    if (lineKeyOf(spooled.record) !== name.lineKey) return broken('its name is of another line')
    if (digestOf(manifest) !== spooled.record.checkpoint) {
      return broken('its manifest has another digest')
    }
    return { intact: true, ...spooled }
  } catch {
    return broken('its header is no JSON or its manifest no UTF-8')
  }
}

function parseHeader(header: unknown, manifest: string): SpooledRecord | undefined {
  if (typeof header !== 'object' || header === null) return undefined
  const fields = header as Readonly<Record<string, unknown>>
  const { format, namespace, job, partition, run, attempt, step, checkpoint, createdAt } = fields
  if (format !== 1) return undefined
  if (typeof namespace !== 'string' || typeof job !== 'string' || typeof run !== 'string') {
    return undefined
  }
  if (typeof partition !== 'string' || typeof createdAt !== 'string') return undefined
  if (!isCount(attempt) || !isCount(step)) return undefined
  if (typeof checkpoint !== 'string' || !DIGEST.test(checkpoint)) return undefined
  return {
    createdAt,
    record: {
      namespace,
      job,
      partition,
      run,
      attempt,
      step,
      checkpoint: checkpoint as Digest,
      manifest,
    },
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function sealOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function broken(fault: string): DecodedRecord {
  return { intact: false, fault }
}
