import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { CatalogError } from '../../../schema/errors.ts'
import { systemClock, type Clock } from '../../clock.ts'
import { PART_MAX_BYTES, PART_MIN_BYTES } from './part-size.ts'

/** How to reach a store that speaks S3. */
export interface S3Connection {
  /** A client of one's own; the four options after it are then not looked at, and nobody closes it. */
  readonly client?: S3Client
  /** Default: what the AWS SDK finds, such as `AWS_REGION`. */
  readonly region?: string
  /** A store that is not of AWS, such as `https://s3.example.com`. */
  readonly endpoint?: string
  /** Whether the bucket is written in the path, which most stores but AWS want. Default: with an `endpoint`. */
  readonly pathStyle?: boolean
  /** Default: the AWS SDK's own chain of places. */
  readonly credentials?: S3ClientConfig['credentials']
  /**
   * Deadline of one request in milliseconds, with its retries and their pauses; bytes get time on top, at
   * 256 KiB a second. One attempt has half of it. Default: 60,000.
   */
  readonly timeoutMs?: number
  /** Longest silence while bytes are read, in milliseconds. Default: 30,000. */
  readonly idleMs?: number
  /** Attempts of a request beyond the first, 0 to 20. Default: 8. */
  readonly retries?: number
  /** Gives numbers from 0 up to 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number
  readonly clock?: Clock
}

/** A bucket to put blobs into, and how. */
export interface S3StoreOptions extends S3Connection {
  readonly bucket: string
  /** What all keys begin with, such as `jobs/fares`. Default: nothing. */
  readonly prefix?: string
  /** Size of a part in bytes, 5 MiB to 5 GiB; what is smaller is put in one request. Default: 8 MiB. */
  readonly partBytes?: number
  /** Parts sent at the same time, 1 to 64. Memory holds these and one more. Default: 4. */
  readonly concurrency?: number
  /**
   * A folder of this machine, where uploads that were interrupted are remembered: a put of the same content
   * goes on with them, and nothing that arrived is sent again. Without it, a failed upload is given up.
   */
  readonly journal?: string
  /** Sends `If-None-Match`, and gives each object a key of its own. Only for a store that keeps to it. Default: false. */
  readonly createOnly?: boolean
}

/** A connection, checked and filled up. */
export interface S3Settings {
  readonly client: S3Client
  readonly ownsClient: boolean
  readonly endpoint: string | undefined
  readonly timeoutMs: number
  readonly idleMs: number
  readonly retries: number
  readonly random: () => number
  readonly clock: Clock
}

const TIMEOUT_MS = 60_000
const IDLE_MS = 30_000
/** With full jitter and pauses up to 20 seconds, more than a deadline of a minute lets happen. */
const RETRIES_COUNT = 8
const RETRIES_MAX_COUNT = 20
const CONNECT_MS = 10_000
/** Timers of the runtime hold 31 bits. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

const PART_BYTES = 8 * 1024 * 1024
const CONCURRENCY = 4
const CONCURRENCY_MAX = 64

/** @throws {CONFIG_INVALID} an option is out of bounds */
export function parseConnection(options: S3Connection): S3Settings {
  const { timeoutMs = TIMEOUT_MS, idleMs = IDLE_MS, retries = RETRIES_COUNT } = options
  checkInteger('timeoutMs', timeoutMs, { min: 1, max: TIMEOUT_MAX_MS })
  checkInteger('idleMs', idleMs, { min: 1, max: TIMEOUT_MAX_MS })
  checkInteger('retries', retries, { min: 0, max: RETRIES_MAX_COUNT })
  return {
    client: options.client ?? openClient(options),
    ownsClient: options.client === undefined,
    endpoint: options.endpoint,
    timeoutMs,
    idleMs,
    retries,
    random: options.random ?? Math.random,
    clock: options.clock ?? systemClock,
  }
}

/** Size and number of the parts that are sent. */
export interface PartSettings {
  readonly partBytes: number
  readonly concurrency: number
}

/** @throws {CONFIG_INVALID} an option is out of bounds */
export function parsePartSettings(options: S3StoreOptions): PartSettings {
  const { partBytes = PART_BYTES, concurrency = CONCURRENCY } = options
  checkInteger('partBytes', partBytes, { min: PART_MIN_BYTES, max: PART_MAX_BYTES })
  checkInteger('concurrency', concurrency, { min: 1, max: CONCURRENCY_MAX })
  return { partBytes, concurrency }
}

/**
 * One attempt a call, because ours are made by rules of our own; checksums only where a call gives them, because
 * those that the SDK adds break stores that do not know them, and what is read is hashed anyway.
 */
function openClient(options: S3Connection): S3Client {
  const { region, endpoint, pathStyle, credentials } = options
  return new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS },
  })
}

function checkInteger(
  name: string,
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw new CatalogError('CONFIG_INVALID', `"${name}" must be an integer from ${min} to ${max}.`)
}
