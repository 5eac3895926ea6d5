import { createHash } from 'node:crypto'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { NamedObjects } from './blob-store.ts'
import { callS3, keyOf, type S3Target } from './s3-client.ts'
import { listS3Versions } from './s3-versions.ts'

/** Versions removed at once: all widths of a partial tile, each put some times. */
const REMOVED_MAX_COUNT = 2_000
const LASTING = 'public, max-age=31536000, immutable'
const CHANGING = 'no-cache'

/** The named objects of a bucket. */
export function namedObjectsOf(target: S3Target): NamedObjects {
  const { client } = target
  const addressOf = (uri: string) => keyOf(target, uri)
  return {
    read: (uri, maxBytes, signal) =>
      unlessAbsent(
        callS3(target, { uri, signal }, async (options) => {
          const found = await client.send(new GetObjectCommand(addressOf(uri)), options)
          const sizeBytes = found.ContentLength ?? Number.POSITIVE_INFINITY
          if (sizeBytes > maxBytes) throw tooLarge(uri, sizeBytes, maxBytes)
          const bytes = (await found.Body?.transformToByteArray()) ?? new Uint8Array()
          return { bytes, tag: found.ETag ?? '' }
        }),
      ),
    has: async (uri, signal) => {
      const command = new HeadObjectCommand(addressOf(uri))
      const found = await unlessAbsent(
        callS3(target, { uri, signal }, (options) => client.send(command, options)),
      )
      return found !== undefined
    },
    put: async (uri, bytes, { only, isLasting, signal }) => {
      const command = new PutObjectCommand({
        ...addressOf(uri),
        Body: bytes,
        ContentMD5: createHash('md5').update(bytes).digest('base64'),
        CacheControl: isLasting ? LASTING : CHANGING,
        ...(only === undefined
          ? {}
          : only === 'absent'
            ? { IfNoneMatch: '*' }
            : { IfMatch: only.tag }),
      })
      try {
        await callS3(target, { uri, signal }, (options) => client.send(command, options))
        return true
      } catch (error) {
        if (only !== undefined && isRefused(error)) return false
        throw error
      }
    },
    removeBelow: async (uri, signal) => {
      const below = { ...target, prefix: `${addressOf(uri).Key}/` }
      let count = 0
      for await (const one of listS3Versions(below, undefined, signal)) {
        const command = new DeleteObjectCommand({ ...addressOf(one.uri), VersionId: one.versionId })
        await callS3(target, { uri: one.uri, signal }, (options) => client.send(command, options))
        count += 1
        if (count >= REMOVED_MAX_COUNT) return
      }
    },
  }
}

async function unlessAbsent<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isCatalogError(error) && error.code === 'BLOB_NOT_FOUND') return undefined
    throw error
  }
}

/** 412, or 404 where the object of a tag is gone; a 409 is tried again by the next pass. */
function isRefused(error: unknown): boolean {
  const status = isCatalogError(error) ? error.detail['status'] : undefined
  return status === 412 || status === 404
}

const tooLarge = (uri: string, sizeBytes: number, maxBytes: number): CatalogError =>
  new CatalogError(
    'STORE_UNSUITABLE',
    `${uri} has ${sizeBytes} bytes, and ${maxBytes} is the most that such an object has: give a place that only Cairn writes.`,
  )
