import { createHash, randomUUID, type Hash } from 'node:crypto'
import { CatalogError, isCatalogError } from '../../../schema/errors.ts'
import type { BlobReference, Digest } from '../../api.ts'
import type { BlobContent, PutOptions } from '../../blob-store.ts'
import { abortable } from '../abortable.ts'
import { checkKnown, type KnownContent } from '../known-content.ts'
import type { S3Bucket } from './bucket-check.ts'
import { formatCrc64 } from './crc64.ts'
import { cutParts, type Part } from './cut-parts.ts'
import { abortUpload, beginUpload, listParts } from './multipart.ts'
import { putObject } from './put-object.ts'
import type { PartSettings } from './s3-options.ts'
import { formatS3Uri } from './s3-uri.ts'
import type { JournalledUpload, UploadJournal } from './upload-journal.ts'
import { uploadParts, type RunningUpload } from './upload-parts.ts'

/** A bucket that blobs are put into. */
export interface PutTarget extends S3Bucket, PartSettings {
  /** What all keys begin with, with a slash at its end; empty for nothing. */
  readonly prefix: string
  readonly createOnly: boolean
  readonly journal: UploadJournal | undefined
  /** Whether the store takes CRC-64/NVME; becomes false with its refusal. */
  hasCrc: boolean
}

/** A content on its way, and what was said of it before. */
interface Sending {
  readonly name: string
  readonly content: BlobContent
  readonly hash: Hash
  readonly known: KnownContent | undefined
  readonly signal: AbortSignal | undefined
}

/** An object that is there. */
interface PutVersion {
  readonly key: string
  readonly versionId: string
  readonly sizeBytes: number
  /** CRC-64/NVME over the whole, where the store took it; it then refuses other bytes. */
  readonly crc: bigint | undefined
}

/** Puts a content, in one request or in parts, and gives a reference to exactly that version. */
export async function putBlob(
  target: PutTarget,
  blob: { readonly name: string; readonly content: BlobContent },
  options: PutOptions = {},
): Promise<BlobReference> {
  const { name, content } = blob
  const known = content instanceof Uint8Array ? measure(content) : options.known
  if (known !== undefined) checkKnown(name, options.known, known)
  const { signal } = options
  const stoppable =
    signal === undefined || content instanceof Uint8Array ? content : abortable(content, signal)
  const hash = createHash('sha256')
  const sending: Sending = { name, content: stoppable, hash, known, signal }
  const { key, versionId, sizeBytes, crc } = await send(target, sending)
  const uri = formatS3Uri({ bucket: target.bucket, key })
  const reference = { name, uri, versionId, sizeBytes, digest: digestOfHash(hash) }
  if (crc === undefined) return reference
  return { ...reference, checksum: { algorithm: 'CRC64NVME', value: formatCrc64(crc) } }
}

async function send(target: PutTarget, sending: Sending): Promise<PutVersion> {
  const { content, hash, known, signal } = sending
  const journalled = await claimUpload(target, sending)
  const { partBytes } = journalled?.header ?? target
  const parts = cutParts(content, { partBytes, sizeBytes: known?.sizeBytes, hash })
  try {
    const { first, upload } = await beginSending(target, sending, { parts, journalled })
    if (upload === undefined) return await putWhole(target, sending, first)
    const check = (sizeBytes: number): void => checkSent(sending, sizeBytes)
    const source = { first, rest: parts, check, signal }
    const { crc, ...object } = await uploadParts(target, upload, source)
    const { key, hasCrc } = upload.header
    return { ...object, key, crc: hasCrc ? crc : undefined }
  } finally {
    await parts.return(undefined)
  }
}

/** Reads the first part, which decides how the content is put; an upload that was taken up is let go of if that fails. */
async function beginSending(
  target: PutTarget,
  sending: Sending,
  {
    parts,
    journalled,
  }: {
    readonly parts: AsyncGenerator<Part>
    readonly journalled: JournalledUpload | undefined
  },
): Promise<{ readonly first: Part; readonly upload: RunningUpload | undefined }> {
  try {
    const next = await parts.next()
    if (next.done === true) throw new CatalogError('INTERNAL', 'A content was cut into no parts.')
    const first = next.value
    if (!first.isLast) return { first, upload: await openUpload(target, sending, journalled) }
    if (journalled !== undefined) await giveUp(target, journalled)
    return { first, upload: undefined }
  } catch (error) {
    await journalled?.release().catch(() => undefined)
    throw error
  }
}

async function putWhole(target: PutTarget, sending: Sending, part: Part): Promise<PutVersion> {
  const sizeBytes = part.bytes.length
  checkSent(sending, sizeBytes)
  const { createOnly } = target
  const { signal } = sending
  const key = createOnly ? uniqueKey(target) : digestKey(target, part.hex)
  const put = await withCrcOrWithout(target, async (hasCrc) => ({
    versionId: await putObject(target, { key, part, hasCrc, createOnly, signal }),
    crc: hasCrc ? part.crc : undefined,
  }))
  return { key, sizeBytes, ...put }
}

/** An upload of the same content that was interrupted, if it was cut for the same size. */
async function claimUpload(
  target: PutTarget,
  sending: Sending,
): Promise<JournalledUpload | undefined> {
  const found = await target.journal?.claim(contentOf(target, sending))
  if (found === undefined || found.header.sizeBytes === sending.known?.sizeBytes) return found
  await giveUp(target, found)
  return undefined
}

/** What cannot be given up is left to the bucket's own rule; it must not keep a content from being put. */
async function giveUp(target: PutTarget, upload: JournalledUpload): Promise<void> {
  await abortUpload(target, upload.header).catch(() => undefined)
  await upload.forget()
}

async function openUpload(
  target: PutTarget,
  sending: Sending,
  journalled: JournalledUpload | undefined,
): Promise<RunningUpload> {
  if (journalled !== undefined) {
    const { header } = journalled
    const stored = await listParts(target, header)
    if (stored !== undefined) return { header, journalled, stored }
    await journalled.forget()
  }
  const { known, signal } = sending
  const hex = known?.digest.slice('sha256:'.length)
  const key = hex === undefined || target.createOnly ? uniqueKey(target) : digestKey(target, hex)
  const upload = await withCrcOrWithout(target, (hasCrc) =>
    beginUpload(target, { key, hasCrc, signal }),
  )
  const size = known === undefined ? {} : { sizeBytes: known.sizeBytes }
  // Cut as it is already being cut, which is how the interrupted upload was.
  const partBytes = journalled?.header.partBytes ?? target.partBytes
  const header = { ...upload, partBytes, beganAt: Date.now(), ...size }
  const begun = await target.journal?.begin(contentOf(target, sending), header)
  return { header, journalled: begun, stored: new Map() }
}

/** By what an interrupted upload is found again: the digest, or the name where there is none. */
function contentOf({ bucket, prefix, settings }: PutTarget, { known, name }: Sending): string {
  return [settings.endpoint ?? '', bucket, prefix, known?.digest ?? `name:${name}`].join('\n')
}

/** Does without a checksum of the whole on a store that refuses it; the parts' own bytes are signed all the same. */
async function withCrcOrWithout<Result>(
  target: PutTarget,
  call: (hasCrc: boolean) => Promise<Result>,
): Promise<Result> {
  if (!target.hasCrc) return await call(false)
  try {
    return await call(true)
  } catch (error) {
    if (!isCatalogError(error) || ![400, 501].includes(Number(error.detail['status']))) throw error
    const result = await call(false)
    target.hasCrc = false
    return result
  }
}

function checkSent({ name, known, hash }: Sending, sizeBytes: number): void {
  checkKnown(name, known, { sizeBytes, digest: digestOfHash(hash) })
}

/** Of what was hashed so far; more may come. */
function digestOfHash(hash: Hash): Digest {
  return `sha256:${hash.copy().digest('hex')}`
}

function measure(content: Uint8Array): KnownContent {
  const hex = createHash('sha256').update(content).digest('hex')
  return { sizeBytes: content.length, digest: `sha256:${hex}` }
}

function digestKey({ prefix }: PutTarget, hex: string): string {
  return `${prefix}sha256/${hex}`
}

function uniqueKey({ prefix }: PutTarget): string {
  return `${prefix}blob/${randomUUID()}`
}
