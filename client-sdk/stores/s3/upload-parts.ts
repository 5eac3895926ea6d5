import { isCatalogError, type ErrorCode } from '../../../schema/errors.ts'
import type { S3Bucket } from './bucket-check.ts'
import { joinCrc64 } from './crc64.ts'
import type { Part } from './cut-parts.ts'
import { Lanes } from './lanes.ts'
import {
  abortUpload,
  completeUpload,
  sendPart,
  type JoinedPart,
  type StoredPart,
} from './multipart.ts'
import type { PartSettings } from './s3-options.ts'
import type { JournalledUpload, UploadHeader } from './upload-journal.ts'

/** An upload that was begun, by this put or by one that was interrupted. */
export interface RunningUpload {
  readonly header: UploadHeader
  readonly journalled: JournalledUpload | undefined
  /** Parts that the store has from before, by number. */
  readonly stored: ReadonlyMap<number, StoredPart>
}

/** What is sent. */
export interface PartSource {
  readonly first: Part
  readonly rest: AsyncIterable<Part>
  /** Looks at the whole, of so many bytes, before it becomes an object; what it throws ends the upload. */
  readonly check: (sizeBytes: number) => void
  readonly signal: AbortSignal | undefined
}

/** An object made of parts. */
export interface JoinedObject {
  readonly versionId: string
  readonly sizeBytes: number
  /** CRC-64/NVME over all parts. */
  readonly crc: bigint
}

type Target = S3Bucket & PartSettings & { readonly createOnly: boolean }

/** Failures after which going on with the same upload is of no use. */
const hopeless: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BLOB_CORRUPT',
  'BODY_TOO_LARGE',
  'STORE_UNSUITABLE',
])

/**
 * Sends all parts that the store does not have, and makes an object of them.
 *
 * When it fails, a journalled upload is kept for the next put of the content, and any other is given up.
 */
export async function uploadParts(
  target: Target,
  upload: RunningUpload,
  source: PartSource,
): Promise<JoinedObject> {
  const { header, journalled } = upload
  try {
    const { sizeBytes, parts, crc } = await sendAll(target, upload, source)
    source.check(sizeBytes)
    const { signal } = source
    const { createOnly } = target
    const versionId = await completeUpload(target, header, { parts, crc, createOnly, signal })
    await journalled?.forget()
    return { versionId, sizeBytes, crc }
  } catch (error) {
    // What went wrong first is what the caller has to know.
    await leave(target, upload, error).catch(() => undefined)
    throw error
  }
}

async function leave(target: Target, upload: RunningUpload, error: unknown): Promise<void> {
  const { header, journalled } = upload
  if (journalled !== undefined && !(isCatalogError(error) && hopeless.has(error.code))) {
    await journalled.release()
    return
  }
  await abortUpload(target, header)
  await journalled?.forget()
}

interface Sent {
  readonly sizeBytes: number
  readonly parts: readonly JoinedPart[]
  readonly crc: bigint
}

async function sendAll(
  target: Target,
  upload: RunningUpload,
  { first, rest, signal }: PartSource,
): Promise<Sent> {
  const lanes = new Lanes()
  const stop = signal === undefined ? lanes.signal : AbortSignal.any([lanes.signal, signal])
  const budgetBytes = target.partBytes * target.concurrency
  const parts: JoinedPart[] = []
  let sizeBytes = 0
  let crc = 0n
  try {
    for await (const part of startingWith(first, rest)) {
      sizeBytes += part.bytes.length
      crc = joinCrc64(crc, part.crc, part.bytes.length)
      const found = await foundPart(upload, part)
      if (found !== undefined) {
        parts.push({ ...found, crc: part.crc })
        part.release()
        continue
      }
      // Parts that have grown take the room of several.
      const count = Math.max(1, Math.floor(budgetBytes / part.bytes.length))
      await lanes.start(Math.min(target.concurrency, count), async () => {
        const sent = await sendPart(target, upload.header, { part, signal: stop })
        parts.push({ ...sent, crc: part.crc })
        part.release()
      })
    }
    await lanes.finish()
    parts.sort((one, other) => one.number - other.number)
    return { sizeBytes, parts, crc }
  } finally {
    // Parts that arrive are of use to the next put only if it will hear of them.
    await (upload.journalled === undefined ? lanes.stop() : lanes.settle())
  }
}

/** The part as the store has it from before, if its bytes are these; otherwise notes that they will be sent. */
async function foundPart(
  { journalled, stored }: RunningUpload,
  part: Part,
): Promise<StoredPart | undefined> {
  if (journalled === undefined) return undefined
  const found = stored.get(part.number)
  const isSame = journalled.parts.get(part.number) === part.hex
  if (found !== undefined && isSame && found.sizeBytes === part.bytes.length) return found
  if (!isSame) await journalled.note(part.number, part.hex)
  return undefined
}

async function* startingWith(first: Part, rest: AsyncIterable<Part>): AsyncGenerator<Part> {
  yield first
  yield* rest
}
