import {
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
} from '@aws-sdk/client-s3'
import {
  bucketFeatures,
  type BucketFeature,
  type BucketFindings,
  type FeatureFinding,
} from '../../schema/bucket.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { callS3, type S3Target } from './s3-client.ts'
import { readThreats } from './s3-lifecycle.ts'
import { bucketChecks, checkLock } from './s3-probe-checks.ts'
import { clearScratch, openScratch, type Scratch } from './s3-scratch.ts'

/** A probe with all its tries; a store that is slower counts as away. */
const PROBE_MAX_MS = 120_000
const REASON_MAX_LENGTH = 512

/**
 * Tries out what a bucket can do, in a scratch folder that it removes again, and reads what is set of it.
 *
 * @throws {STORE_UNAVAILABLE} the store cannot be reached: nothing was found out
 * @throws {STORE_UNSUITABLE} there is no such bucket
 * @throws {BUCKET_ACCESS_DENIED} the store does not know the credentials
 */
export async function probeS3(
  target: S3Target,
  folder: string,
  caller: AbortSignal,
): Promise<BucketFindings> {
  const signal = AbortSignal.any([caller, AbortSignal.timeout(PROBE_MAX_MS)])
  const region = await readRegion(target, signal)
  const versioning = await readVersioning(target, signal)
  const objectLock = await readLock(target, signal)
  const scratch = openScratch(target, folder, signal)
  const features: FeatureFinding[] = []
  const settings = { objectLock, encryption: await readEncryption(target, signal) }
  try {
    for (const feature of bucketFeatures) {
      features.push(await tryOut(scratch, feature, objectLock !== undefined))
    }
  } finally {
    // Also what a probe wrote that was ended.
    if (signal.aborted) await clear(target, folder, AbortSignal.timeout(target.limits.callMaxMs))
  }
  const lifecycle = await readThreats(target, signal)
  return {
    versioning,
    features,
    ...(settings.objectLock === undefined ? {} : { objectLock: settings.objectLock }),
    ...(settings.encryption === undefined ? {} : { encryption: settings.encryption }),
    lifecycle,
    ...(region === undefined ? {} : { region }),
    leftovers: await clear(target, folder, signal),
  }
}

async function tryOut(
  scratch: Scratch,
  feature: BucketFeature,
  hasLock: boolean,
): Promise<FeatureFinding> {
  if (feature === 'object-lock' && !hasLock) {
    return { feature, result: 'refuted', because: 'the bucket has no object lock' }
  }
  const check = feature === 'object-lock' ? checkLock : bucketChecks[feature]
  try {
    const flaw = await check(scratch)
    if (flaw === undefined) return { feature, result: 'proven' }
    return { feature, result: 'refuted', because: flaw }
  } catch (error) {
    if (!isCatalogError(error) || error.code === 'ABORTED') throw error
    const because = error.message.slice(0, REASON_MAX_LENGTH)
    return { feature, result: isUnable(error) ? 'refuted' : 'unknown', because }
  }
}

/** Whether the store answered that it cannot, rather than that it may not or cannot now. */
function isUnable({ code }: CatalogError): boolean {
  return code === 'STORE_UNSUITABLE' || code === 'BLOB_NOT_FOUND'
}

/** How many scratch versions stay; those that cannot even be listed count as one. */
async function clear(target: S3Target, folder: string, signal: AbortSignal): Promise<number> {
  try {
    return await clearScratch(target, folder, signal)
  } catch (error) {
    if (isCatalogError(error)) return 1
    throw error
  }
}

/** Reaches the bucket at all, and learns where it is. */
async function readRegion(target: S3Target, signal: AbortSignal): Promise<string | undefined> {
  const command = new HeadBucketCommand({ Bucket: target.bucket })
  try {
    const found = await callS3(target, { signal }, (options) =>
      target.client.send(command, options),
    )
    return target.region ?? found.BucketRegion
  } catch (error) {
    if (isCatalogError(error) && error.code === 'BLOB_NOT_FOUND') {
      throw new CatalogError(
        'STORE_UNSUITABLE',
        `There is no bucket ${target.bucket} at this endpoint: make it, or correct its name or endpoint.`,
        { cause: error },
      )
    }
    throw error
  }
}

async function readVersioning(
  target: S3Target,
  signal: AbortSignal,
): Promise<BucketFindings['versioning']> {
  const command = new GetBucketVersioningCommand({ Bucket: target.bucket })
  const found = await unlessRefused(
    callS3(target, { signal }, (options) => target.client.send(command, options)),
  )
  if (found === undefined) return 'unknown'
  if (found.Status === 'Enabled') return 'enabled'
  return found.Status === 'Suspended' ? 'suspended' : 'off'
}

async function readLock(
  target: S3Target,
  signal: AbortSignal,
): Promise<BucketFindings['objectLock']> {
  const command = new GetObjectLockConfigurationCommand({ Bucket: target.bucket })
  const found = await unlessRefused(
    callS3(target, { signal }, (options) => target.client.send(command, options)),
  )
  const { ObjectLockEnabled: enabled, Rule: rule } = found?.ObjectLockConfiguration ?? {}
  if (enabled !== 'Enabled') return undefined
  const { Mode: mode, Days: days, Years: years } = rule?.DefaultRetention ?? {}
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(days === undefined && years === undefined ? {} : { days: days ?? (years ?? 0) * 365 }),
  }
}

async function readEncryption(
  target: S3Target,
  signal: AbortSignal,
): Promise<BucketFindings['encryption']> {
  const command = new GetBucketEncryptionCommand({ Bucket: target.bucket })
  const found = await unlessRefused(
    callS3(target, { signal }, (options) => target.client.send(command, options)),
  )
  const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? []
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId } =
    rule?.ApplyServerSideEncryptionByDefault ?? {}
  if (algorithm === undefined) return undefined
  return { algorithm, ...(keyId === undefined ? {} : { keyId }) }
}

/** Undefined where the store has no such setting, or does not tell it to this role. */
async function unlessRefused<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked
  } catch (error) {
    if (!isCatalogError(error) || error.code === 'STORE_UNAVAILABLE') throw error
    if (error.code === 'ABORTED') throw error
    return undefined
  }
}
