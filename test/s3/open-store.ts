import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dialect } from '../../migrations/dialect.ts'
import { openS3BlobStore, type S3BlobStore } from '../../server/store/s3-blob-store.ts'
import { s3Limits, type S3Limits } from '../../server/store/s3-client.ts'
import { newConfig } from '../harness/catalog.ts'
import type { Config } from '../../server/config.ts'
import type { S3Access } from './client.ts'

/** The server takes its credentials where the AWS SDK finds them; here, in the environment of the test. */
export function useCredentials({ credentials }: Pick<S3Access, 'credentials'>): void {
  process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey
}

/** The server's end of a bucket, as short of patience as a test is. */
export function openTestStore(
  { endpoint, region }: Pick<S3Access, 'endpoint' | 'region'>,
  bucket: string,
  limits: Partial<S3Limits> = {},
): S3BlobStore {
  const place = { bucket, prefix: '', region, endpoint, pathStyle: true }
  return openS3BlobStore(place, { ...s3Limits, attemptsMaxCount: 2, ...limits })
}

/** A catalog's configuration whose buckets are these, all at one endpoint. */
export async function configWithBuckets(
  dialect: Dialect,
  access: Pick<S3Access, 'endpoint'>,
  buckets: readonly { readonly bucket: string; readonly region?: string }[],
): Promise<Config> {
  const config = await newConfig(dialect)
  const bucketsFile = join(config.dataDirectory, 'buckets.json')
  const { endpoint } = access
  const listed = buckets.map((one) => ({ region: 'us-east-1', ...one, endpoint, pathStyle: true }))
  writeFileSync(bucketsFile, JSON.stringify({ buckets: listed }))
  return { ...config, bucketsFile }
}
