import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { isCatalogError } from '../../../schema/errors.ts'
import type { S3Bucket } from './bucket-check.ts'

/** Metadata of our objects that tells which upload an object came of. */
export const TOKEN_HEADER = 'cairn-upload'

/**
 * The newest version of a key, if it came of the upload with this token: what to look at when an answer got lost.
 *
 * Undefined as well for who may put but not look.
 */
export async function findObject(
  { bucket, settings, send }: S3Bucket,
  key: string,
  token: string,
): Promise<{ readonly versionId: string | undefined } | undefined> {
  const what = `Looking for s3://${bucket}/${key}`
  try {
    const found = await send({ what }, (options) =>
      settings.client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), options),
    )
    return found.Metadata?.[TOKEN_HEADER] === token ? { versionId: found.VersionId } : undefined
  } catch (error) {
    const isHidden =
      isCatalogError(error) && ['BLOB_NOT_FOUND', 'BUCKET_ACCESS_DENIED'].includes(error.code)
    if (isHidden) return undefined
    throw error
  }
}
