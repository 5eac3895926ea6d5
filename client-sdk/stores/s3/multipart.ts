import { randomBytes } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { CatalogError, isCatalogError } from '../../../schema/errors.ts'
import { requireVersion, type S3Bucket } from './bucket-check.ts'
import { formatCrc64 } from './crc64.ts'
import type { Part } from './cut-parts.ts'
import { findObject, TOKEN_HEADER } from './find-object.ts'
import { PARTS_MAX_COUNT } from './part-size.ts'
import type { UploadHeader } from './upload-journal.ts'

/** A multipart upload that is under way. */
export type Upload = Pick<UploadHeader, 'bucket' | 'key' | 'uploadId' | 'token' | 'hasCrc'>

/** A part that the store has. */
export interface StoredPart {
  readonly number: number
  readonly etag: string
  readonly sizeBytes: number
}

/** A part of the object that is to be. */
export interface JoinedPart extends StoredPart {
  /** CRC-64/NVME. */
  readonly crc: bigint
}

/** Whether an object may be there although its completion failed: another attempt at it may have been heard. */
function mayBeDone({ code, detail }: CatalogError): boolean {
  return code === 'BLOB_NOT_FOUND' || code === 'STORE_UNAVAILABLE' || detail['status'] === 412
}

/** Beyond a request's time, for each part that the store puts together. */
const JOIN_MS = 50
/** Pages of a list of parts, of which each has up to 1,000. */
const PAGES_MAX_COUNT = PARTS_MAX_COUNT

/** Begins an upload; with `hasCrc`, the store checks CRC-64/NVME over the whole of it. */
export async function beginUpload(
  { bucket, settings, send }: S3Bucket,
  { key, hasCrc, signal }: { key: string; hasCrc: boolean; signal: AbortSignal | undefined },
): Promise<Upload> {
  const what = `Beginning an upload to s3://${bucket}/${key}`
  const token = randomBytes(16).toString('hex')
  const { UploadId: uploadId } = await send({ what, signal }, (options) =>
    settings.client.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        Metadata: { [TOKEN_HEADER]: token },
        ...(hasCrc ? { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' } : {}),
      }),
      options,
    ),
  )
  if (uploadId !== undefined) return { bucket, key, uploadId, token, hasCrc }
  throw new CatalogError('STORE_UNSUITABLE', `${what} failed: the store gave no upload id.`)
}

/**
 * Sends one part; the same bytes under the same number may be sent again.
 *
 * @throws {STORE_UNAVAILABLE} the store no longer knows the upload: another put begins a new one
 */
export async function sendPart(
  { settings, send }: S3Bucket,
  upload: Upload,
  { part, signal }: { readonly part: Part; readonly signal: AbortSignal },
): Promise<StoredPart> {
  const { bucket, key, uploadId, hasCrc } = upload
  const { number, bytes, crc } = part
  const sizeBytes = bytes.length
  const what = `Sending part ${number} to s3://${bucket}/${key}`
  const { ETag: etag } = await send({ what, sizeBytes, signal }, (options) =>
    settings.client.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: number,
        Body: bytes,
        ContentLength: sizeBytes,
        ...(hasCrc ? { ChecksumCRC64NVME: formatCrc64(crc) } : {}),
      }),
      options,
    ),
  ).catch((error: unknown) => {
    if (isCatalogError(error) && error.code === 'BLOB_NOT_FOUND') throw forgotten(what, bucket)
    throw error
  })
  if (etag !== undefined) return { number, etag, sizeBytes }
  throw new CatalogError('STORE_UNSUITABLE', `${what} failed: the store gave no ETag.`)
}

/** The parts that the store has of an upload, by number; undefined when it does not know the upload. */
export async function listParts(
  { settings, send }: S3Bucket,
  { bucket, key, uploadId }: Upload,
): Promise<ReadonlyMap<number, StoredPart> | undefined> {
  const what = `Asking for the parts of an upload to s3://${bucket}/${key}`
  const found = new Map<number, StoredPart>()
  let marker: string | undefined
  for (let page = 0; page < PAGES_MAX_COUNT; page += 1) {
    const input = {
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      ...(marker === undefined ? {} : { PartNumberMarker: marker }),
    }
    const listed = await send({ what }, (options) =>
      settings.client.send(new ListPartsCommand(input), options),
    ).catch(unlessGone)
    if (listed === undefined) return undefined
    for (const { PartNumber: number, ETag: etag, Size: sizeBytes } of listed.Parts ?? []) {
      if (number === undefined || etag === undefined || sizeBytes === undefined) continue
      found.set(number, { number, etag, sizeBytes })
    }
    if (listed.IsTruncated !== true) break
    marker = listed.NextPartNumberMarker
  }
  return found
}

/**
 * Puts the parts together and gives the version id.
 *
 * When the answer got lost the upload is gone and the object is there, which its metadata tells.
 */
export async function completeUpload(
  target: S3Bucket,
  upload: Upload,
  whole: {
    readonly parts: readonly JoinedPart[]
    readonly crc: bigint
    readonly createOnly: boolean
    readonly signal: AbortSignal | undefined
  },
): Promise<string> {
  const { settings, send } = target
  const { bucket, key, uploadId, hasCrc } = upload
  const { parts, crc, createOnly, signal } = whole
  const what = `Completing the upload to s3://${bucket}/${key}`
  const extraMs = parts.length * JOIN_MS
  const completed = await send({ what, extraMs, signal }, (options) =>
    settings.client.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: {
          Parts: parts.map((part) => ({
            PartNumber: part.number,
            ETag: part.etag,
            ...(hasCrc ? { ChecksumCRC64NVME: formatCrc64(part.crc) } : {}),
          })),
        },
        ...(hasCrc ? { ChecksumCRC64NVME: formatCrc64(crc), ChecksumType: 'FULL_OBJECT' } : {}),
        ...(createOnly ? { IfNoneMatch: '*' } : {}),
      }),
      options,
    ),
  ).catch((error: unknown) => {
    // Stores differ in what they answer to the second completion of an upload that is there already.
    if (isCatalogError(error) && mayBeDone(error)) return { error }
    throw error
  })
  if ('VersionId' in completed) return requireVersion(target, completed.VersionId)
  const found = await findObject(target, key, upload.token)
  if (found !== undefined) return requireVersion(target, found.versionId)
  if ('error' in completed && completed.error.code !== 'BLOB_NOT_FOUND') throw completed.error
  throw forgotten(what, bucket)
}

/** Gives an upload up; one that is gone already is given up as well. */
export async function abortUpload(
  { settings, send }: S3Bucket,
  { bucket, key, uploadId }: Upload,
): Promise<void> {
  const what = `Giving up an upload to s3://${bucket}/${key}`
  const input = { Bucket: bucket, Key: key, UploadId: uploadId }
  await send({ what }, (options) =>
    settings.client.send(new AbortMultipartUploadCommand(input), options),
  ).catch(unlessGone)
}

function forgotten(what: string, bucket: string): CatalogError {
  return new CatalogError(
    'STORE_UNAVAILABLE',
    `${what} failed: the store no longer knows the upload; put the content again.`,
    { detail: { bucket } },
  )
}

/** An upload or object that is not there, as undefined. */
function unlessGone(error: unknown): undefined {
  if (isCatalogError(error) && error.code === 'BLOB_NOT_FOUND') return undefined
  throw error
}
