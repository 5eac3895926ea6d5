import { createHash } from 'node:crypto'
import type { BucketFindings } from '../../schema/bucket.ts'
import type { FaultCode } from '../../schema/blob-standing.ts'
import { isCatalogError } from '../../schema/errors.ts'
import type { Depth } from '../../schema/verification.ts'
import { originOf } from '../timeline/blob-place.ts'
import type { BlobStores, NamedStore, StoredVersion } from '../store/blob-store.ts'
import { isAttested, outcomeOf, type BlobInPlace, type Look, type Method } from './rules.ts'

/** What a fault's sentence is cut to. */
const MESSAGE_MAX_LENGTH = 512

/** How to look. */
export interface LookOptions {
  readonly blobs: BlobStores
  readonly depth: Depth
  /** What probes found, by the bucket's name. */
  readonly findingsOf: (bucket: string) => BucketFindings | undefined
  /** Told of bytes that were read; the next are read when it resolves. */
  readonly pace: (bytes: number) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Looks at one blob in one of its places.
 *
 * @throws whatever the signal was fired with
 */
export async function checkPlace(blob: BlobInPlace, options: LookOptions): Promise<Look> {
  const { blobs, depth, findingsOf, signal } = options
  let found: NamedStore
  try {
    found = blobs.find(blob.uri)
  } catch (error) {
    return faultLook(error, { blob, bucket: originOf(blob.uri), bytesRead: 0 })
  }
  const { name: bucket, store } = found
  const region = blob.region ?? store.region
  const place = { bucket, region }
  let bytesRead = 0
  let stored: StoredVersion | undefined
  try {
    stored = await store.stat(blob, signal)
    if (stored.sizeBytes !== blob.sizeBytes) {
      const message = `The version has ${stored.sizeBytes} bytes, and the reference says ${blob.sizeBytes}.`
      return failed('SIZE_DIFFERS', message, { blob, ...place, stored, bytesRead })
    }
    const passed = (method: Method): Look => {
      const looked = stored === undefined ? {} : { stored }
      return { ...place, outcome: 'passed', method, ...looked, bytesRead }
    }
    if (depth === 'present') return passed('stat')
    if (isAttested(blob, stored, findingsOf(bucket))) return passed('attested-checksum')
    const hash = createHash('sha256')
    for await (const piece of store.read(blob, signal)) {
      bytesRead += piece.length
      hash.update(piece)
      await options.pace(piece.length)
    }
    const digest = `sha256:${hash.digest('hex')}`
    if (digest === blob.digest) return passed('read-sha256')
    const message = `The version's bytes have the digest ${digest}.`
    return failed('DIGEST_DIFFERS', message, { blob, ...place, stored, bytesRead })
  } catch (error) {
    signal.throwIfAborted()
    return faultLook(error, { blob, ...place, stored, bytesRead })
  }
}

interface At {
  readonly blob: BlobInPlace
  readonly bucket: string
  readonly region?: string | undefined
  readonly stored?: StoredVersion | undefined
  readonly bytesRead: number
}

const said: ReadonlySet<string> = new Set([
  'BLOB_NOT_FOUND',
  'BLOB_ARCHIVED',
  'BUCKET_ACCESS_DENIED',
  'BUCKET_NOT_ALLOWED',
  'STORE_UNAVAILABLE',
  'STORE_UNSUITABLE',
] satisfies FaultCode[])

/** A look that a store, or the way to it, ended. What nobody foresaw is not the blob's fault. */
function faultLook(error: unknown, at: At): Look {
  if (!isCatalogError(error) || !said.has(error.code)) throw error
  return failed(error.code as FaultCode, error.message, at)
}

function failed(code: FaultCode, message: string, at: At): Look {
  const { blob, bucket, region, stored, bytesRead } = at
  const { rank, name, uri, versionId } = blob
  return {
    bucket,
    region,
    outcome: outcomeOf(code),
    fault: { code, rank, name, uri, versionId, message: message.slice(0, MESSAGE_MAX_LENGTH) },
    ...(stored === undefined ? {} : { stored }),
    bytesRead,
  }
}
