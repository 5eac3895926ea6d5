import { randomBytes } from 'node:crypto'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { isCatalogError } from '../../../schema/errors.ts'
import { requireVersion, type S3Bucket } from './bucket-check.ts'
import { formatCrc64 } from './crc64.ts'
import type { Part } from './cut-parts.ts'
import { findObject, TOKEN_HEADER } from './find-object.ts'

/** An object that is put in one request. */
export interface WholeObject {
  readonly key: string
  readonly part: Part
  readonly hasCrc: boolean
  readonly createOnly: boolean
  readonly signal: AbortSignal | undefined
}

/** Puts a small object and gives its version id. */
export async function putObject(target: S3Bucket, object: WholeObject): Promise<string> {
  const { bucket, settings, send } = target
  const { key, part, hasCrc, createOnly, signal } = object
  const token = randomBytes(16).toString('hex')
  const sizeBytes = part.bytes.length
  const what = `Putting s3://${bucket}/${key}`
  try {
    const { VersionId: versionId } = await send({ what, sizeBytes, signal }, (options) =>
      settings.client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: part.bytes,
          ContentLength: sizeBytes,
          Metadata: { [TOKEN_HEADER]: token },
          ...(hasCrc ? { ChecksumCRC64NVME: formatCrc64(part.crc) } : {}),
          ...(createOnly ? { IfNoneMatch: '*' } : {}),
        }),
        options,
      ),
    )
    return requireVersion(target, versionId)
  } catch (error) {
    // Its key is of this put alone, so what is there may only be an attempt whose answer got lost.
    const isThere = createOnly && isCatalogError(error) && error.detail['status'] === 412
    const found = isThere ? await findObject(target, key, token) : undefined
    if (found === undefined) throw error
    return requireVersion(target, found.versionId)
  }
}
