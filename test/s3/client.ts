import { S3Client, S3ServiceException, type S3ClientConfig } from '@aws-sdk/client-s3'

/** Where a store answers and with which keys. */
export interface S3Access {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** An SDK client of a store; it asks once, so that a test sees every answer. */
export function clientOf(access: S3Access, more: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: access.endpoint,
    region: access.region,
    credentials: access.credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...more,
  })
}

/** What a store answered to a call: the name of its error and its status, or `ok`. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    return `${error.$metadata.httpStatusCode} ${error.name}`
  }
}
