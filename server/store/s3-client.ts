import { S3Client } from '@aws-sdk/client-s3'
import { CatalogError } from '../../schema/errors.ts'
import type { BucketConfig } from '../config.ts'
import { translateS3, type S3Subject } from './s3-failure.ts'

/** A bucket of the configuration. Credentials come from the AWS SDK's own chain, and from nowhere else. */
export type S3Bucket = Omit<
  Extract<BucketConfig, { readonly kind: 's3' }>,
  'kind' | 'name' | 'namespaces'
>

/** How long a store is waited for. */
export interface S3Limits {
  /** Tries of one call, pauses between them growing with full jitter. */
  readonly attemptsMaxCount: number
  /** One try, without an answer. */
  readonly attemptMaxMs: number
  /** One call with all its tries: throttled for longer, a store counts as away. */
  readonly callMaxMs: number
  /** A download that brings nothing. */
  readonly idleMaxMs: number
}

export const s3Limits: S3Limits = {
  attemptsMaxCount: 4,
  attemptMaxMs: 10_000,
  callMaxMs: 30_000,
  idleMaxMs: 30_000,
}

/** Connections to one store at a time: what verifying and sweeping use together. */
const SOCKETS_MAX_COUNT = 64
const CONNECT_MAX_MS = 5_000

/** The SDK's own words about tries are no news: what a call ends with is told. */
const silent = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** A bucket that can be called. */
export interface S3Target {
  readonly bucket: string
  readonly prefix: string
  readonly region: string | undefined
  readonly client: S3Client
  readonly limits: S3Limits
}

/**
 * Opens a client. Checksums only where a call needs them: what the SDK adds by itself breaks presigned URLs
 * and stores that do not know it, and whatever is read here is hashed anyway.
 */
export function openS3Target(config: S3Bucket, limits: S3Limits = s3Limits): S3Target {
  const { bucket, prefix, region, endpoint, pathStyle } = config
  const client = new S3Client({
    // A store of one's own has no regions, but the SDK signs with one.
    ...(region !== undefined ? { region } : endpoint === undefined ? {} : { region: 'us-east-1' }),
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: silent,
    maxAttempts: limits.attemptsMaxCount,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECT_MAX_MS,
      requestTimeout: limits.attemptMaxMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: SOCKETS_MAX_COUNT },
      httpsAgent: { maxSockets: SOCKETS_MAX_COUNT },
    },
  })
  return { bucket, prefix, region, client, limits }
}

/**
 * Bucket and key of a URI: the key is what stands there, with nothing decoded.
 *
 * @throws {BUCKET_NOT_ALLOWED} it is not in this bucket
 */
export function keyOf({ bucket }: Pick<S3Target, 'bucket'>, uri: string) {
  const place = `s3://${bucket}/`
  if (uri.startsWith(place) && uri.length > place.length) {
    return { Bucket: bucket, Key: uri.slice(place.length) }
  }
  throw new CatalogError('BUCKET_NOT_ALLOWED', `${uri} is not an object of ${place}.`)
}

/**
 * One call, within its time.
 *
 * @throws {ABORTED} the signal fired
 * @throws whatever `translateS3` makes of the failure
 */
export async function callS3<Result>(
  { bucket, limits }: S3Target,
  asked: { readonly uri?: string; readonly signal: AbortSignal },
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const abortSignal = AbortSignal.any([asked.signal, AbortSignal.timeout(limits.callMaxMs)])
  const { uri } = asked
  try {
    return await send({ abortSignal })
  } catch (error) {
    throw failureOf(error, asked.signal, { bucket, ...(uri === undefined ? {} : { uri }) })
  }
}

/** A failure as one of our codes; ABORTED when it was the caller who ended the call. */
export function failureOf(error: unknown, signal: AbortSignal, subject: S3Subject): CatalogError {
  if (!signal.aborted) return translateS3(error, subject)
  return new CatalogError('ABORTED', `The call to ${subject.bucket} was ended before its answer.`, {
    cause: error,
  })
}
