import { GetObjectCommand } from '@aws-sdk/client-s3'
import { CatalogError } from '../../schema/errors.ts'
import { failureOf, type S3Target } from './s3-client.ts'

/** A version and where it lies; without a version, whatever the name has now. */
interface AddressedObject {
  readonly uri: string
  readonly versionId?: string
  readonly address: { readonly Bucket: string; readonly Key: string; readonly VersionId?: string }
}

/**
 * Streams a version's bytes. What breaks off, or stands still for too long, is the store's failure and not
 * the content's.
 *
 * @throws {BLOB_NOT_FOUND | BLOB_ARCHIVED | BUCKET_ACCESS_DENIED | STORE_UNAVAILABLE | STORE_UNSUITABLE | ABORTED}
 */
export async function* readS3(
  { bucket, client, limits }: S3Target,
  { uri, versionId, address }: AddressedObject,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const late = new AbortController()
  const abortSignal = AbortSignal.any([signal, late.signal])
  let timer = setTimeout(() => late.abort(), limits.callMaxMs)
  let sizeBytes = 0
  try {
    const found = await client.send(new GetObjectCommand(address), { abortSignal })
    const isOther = versionId !== undefined && found.VersionId !== versionId
    if (isOther || found.Body === undefined) {
      throw new CatalogError(
        'STORE_UNSUITABLE',
        `${uri}: asked for version ${versionId ?? 'of the name'}, the store sends ${found.VersionId ?? 'none'}: it does not keep versions.`,
      )
    }
    const body = found.Body as AsyncIterable<Uint8Array> & { destroy(cause?: Error): unknown }
    abortSignal.addEventListener('abort', () => body.destroy(new Error('ended')), { once: true })
    // The bound is on a body that brings nothing, not on whoever takes its time with a piece.
    const wait = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => late.abort(), limits.idleMaxMs)
    }
    wait()
    for await (const piece of body) {
      clearTimeout(timer)
      sizeBytes += piece.length
      yield piece
      wait()
    }
    const length = found.ContentLength ?? sizeBytes
    if (sizeBytes < length) throw new Error(`${sizeBytes} of ${length} bytes came`)
  } catch (error) {
    throw failureOf(error, signal, { bucket, uri })
  } finally {
    clearTimeout(timer)
    late.abort()
  }
}
