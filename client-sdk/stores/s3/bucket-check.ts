import { GetBucketVersioningCommand } from '@aws-sdk/client-s3'
import { CatalogError, isCatalogError } from '../../../schema/errors.ts'
import type { S3Settings } from './s3-options.ts'
import type { SendS3 } from './s3-requests.ts'

/** A bucket, and the client that reaches it. */
export interface S3Bucket {
  readonly bucket: string
  readonly settings: S3Settings
  readonly send: SendS3
}

/**
 * Refuses a bucket whose objects can be overwritten, before anything is put there.
 *
 * Who may put but not ask passes: each answer to a put is looked at by {@link requireVersion} as well.
 *
 * @throws {STORE_UNSUITABLE} versioning is off or suspended; the sentence has the command that turns it on
 */
export async function requireVersioning({ bucket, settings, send }: S3Bucket): Promise<void> {
  const what = `Asking s3://${bucket} for its versioning`
  try {
    const { Status: status } = await send({ what }, (options) =>
      settings.client.send(new GetBucketVersioningCommand({ Bucket: bucket }), options),
    )
    if (status !== 'Enabled') {
      throw unversioned({ bucket, settings }, status === 'Suspended' ? 'suspended' : 'off')
    }
  } catch (error) {
    if (isCatalogError(error) && error.code === 'BUCKET_ACCESS_DENIED') return
    throw error
  }
}

/**
 * The version id of what was put.
 *
 * @throws {STORE_UNSUITABLE} there is none, or it is `null`: the object can be overwritten
 */
export function requireVersion(
  bucket: Pick<S3Bucket, 'bucket' | 'settings'>,
  versionId: string | undefined,
): string {
  if (versionId !== undefined && versionId !== '' && versionId !== 'null') return versionId
  throw unversioned(bucket, 'not in force: the store gave no version id')
}

function unversioned(
  { bucket, settings }: Pick<S3Bucket, 'bucket' | 'settings'>,
  how: string,
): CatalogError {
  const endpoint = settings.endpoint === undefined ? '' : ` --endpoint-url ${settings.endpoint}`
  const command = `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled${endpoint}`
  return new CatalogError(
    'STORE_UNSUITABLE',
    `Versioning of the bucket ${bucket} is ${how}, so what is put there could be overwritten. Turn it on: ${command}`,
    { detail: { bucket, command } },
  )
}
