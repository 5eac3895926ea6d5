import type { Bucket, ObjectVersion, Retention, Version } from './bucket-state.ts'
import { S3Failure } from './failure.ts'
import type { S3Request } from './s3-request.ts'
import { childOf, readXml, textOf, writeXml } from './xml.ts'

const DAY_MS = 24 * 3600 * 1000

/** Longest default retention, in days. */
const RETENTION_MAX_DAYS = 36_500

/** Whether who asks wants to act in spite of a GOVERNANCE lock. */
export const bypassesGovernance = (request: S3Request): boolean =>
  request.headers.get('x-amz-bypass-governance-retention')?.toLowerCase() === 'true'

/** The mode of a retention. */
export function parseMode(text: string | undefined): Retention['mode'] {
  if (text === 'GOVERNANCE' || text === 'COMPLIANCE') return text
  throw new S3Failure('InvalidArgument', 'Unknown wormMode directive.')
}

/** A moment in the future up to which something is retained. */
export function parseUntil(text: string | undefined, nowMs: number): number {
  const untilMs = Date.parse(text ?? '')
  if (Number.isNaN(untilMs)) {
    throw new S3Failure(
      'InvalidArgument',
      'The retain until date must be provided in ISO 8601 format',
    )
  }
  if (untilMs <= nowMs) {
    throw new S3Failure('InvalidArgument', 'The retain until date must be in the future!')
  }
  return untilMs
}

/** The lock of a new version: what its headers ask for, else the bucket's default. */
export function lockOfHeaders(
  bucket: Bucket,
  headers: ReadonlyMap<string, string>,
  nowMs: number,
): { readonly retention: Retention | undefined; readonly legalHold: boolean } {
  const mode = headers.get('x-amz-object-lock-mode')
  const until = headers.get('x-amz-object-lock-retain-until-date')
  const hold = headers.get('x-amz-object-lock-legal-hold')
  if ([mode, until, hold].some((one) => one !== undefined)) checkHasLock(bucket)
  if ((mode === undefined) !== (until === undefined)) {
    throw new S3Failure(
      'InvalidArgument',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    )
  }
  const legalHold = hold !== undefined && parseHold(hold)
  if (mode !== undefined) {
    return { retention: { mode: parseMode(mode), untilMs: parseUntil(until, nowMs) }, legalHold }
  }
  const byDefault = bucket.defaultRetention
  const retention = byDefault && {
    mode: byDefault.mode,
    untilMs: nowMs + byDefault.days * DAY_MS,
  }
  return { retention, legalHold }
}

/** `ON` or `OFF`. */
export function parseHold(text: string | undefined): boolean {
  if (text === 'ON' || text === 'OFF') return text === 'ON'
  throw new S3Failure('InvalidArgument', 'Legal Hold must be either of ON or OFF')
}

/** Refuses lock requests on a bucket that has no object lock. */
export function checkHasLock(bucket: Bucket): void {
  if (!bucket.hasLock) {
    throw new S3Failure('InvalidRequest', 'Bucket is missing Object Lock Configuration')
  }
}

/** Refuses the removal of a version that is locked. */
export function checkRemovable(
  bucket: Bucket,
  version: Version,
  act: { readonly bypasses: boolean; readonly nowMs: number },
): void {
  if (version.isMarker || bucket.lies.has('object-lock')) return
  const { retention, legalHold } = version
  const held = retention !== undefined && retention.untilMs > act.nowMs
  const released = held && retention.mode === 'GOVERNANCE' && act.bypasses
  if (legalHold || (held && !released)) {
    throw new S3Failure('AccessDenied', 'Access Denied because object protected by object lock.')
  }
}

/** The retention after a request to change it. */
export function changedRetention(
  version: ObjectVersion,
  document: string,
  act: { readonly bypasses: boolean; readonly nowMs: number },
): Retention | undefined {
  const root = readXml(document, 'Retention')
  const mode = textOf(root, 'Mode')
  const until = textOf(root, 'RetainUntilDate')
  const empty = mode === undefined && until === undefined
  const wanted = empty
    ? undefined
    : { mode: parseMode(mode), untilMs: parseUntil(until, act.nowMs) }
  const now = version.retention
  if (now === undefined || now.untilMs <= act.nowMs) return wanted
  const weaker =
    wanted === undefined ||
    wanted.untilMs < now.untilMs ||
    (now.mode === 'COMPLIANCE' && wanted.mode === 'GOVERNANCE')
  if (weaker && (now.mode === 'COMPLIANCE' || !act.bypasses)) {
    throw new S3Failure('AccessDenied', 'Access Denied because object protected by object lock.')
  }
  return wanted
}

/** Headers that report a version's lock. */
export function lockHeaders(version: ObjectVersion): Readonly<Record<string, string>> {
  const { retention, legalHold } = version
  return {
    ...(retention === undefined
      ? {}
      : {
          'x-amz-object-lock-mode': retention.mode,
          'x-amz-object-lock-retain-until-date': new Date(retention.untilMs).toISOString(),
        }),
    ...(legalHold ? { 'x-amz-object-lock-legal-hold': 'ON' } : {}),
  }
}

/** Takes over the lock configuration of a bucket. */
export function configureLock(bucket: Bucket, document: string): void {
  const root = readXml(document, 'ObjectLockConfiguration')
  const rule = childOf(childOf(root, 'Rule'), 'DefaultRetention')
  if (textOf(root, 'ObjectLockEnabled') !== 'Enabled') throw new S3Failure('MalformedXML')
  if (bucket.versioning !== 'Enabled') {
    throw new S3Failure('InvalidBucketState', 'Versioning must be enabled on the bucket.')
  }
  const days = textOf(rule, 'Days')
  const years = textOf(rule, 'Years')
  if (rule !== undefined && (days === undefined) === (years === undefined)) {
    throw new S3Failure('MalformedXML')
  }
  const span = days === undefined ? Number(years ?? 0) * 365 : Number(days)
  if (
    rule !== undefined &&
    !(Number.isSafeInteger(span) && span > 0 && span <= RETENTION_MAX_DAYS)
  ) {
    throw new S3Failure('InvalidArgument', 'Default retention period must be a positive integer.')
  }
  Object.assign(bucket, {
    hasLock: true,
    defaultRetention: rule && { mode: parseMode(textOf(rule, 'Mode')), days: span },
  })
}

/** The lock configuration as XML. */
export function lockConfigurationXml(bucket: Bucket): string {
  if (!bucket.hasLock) throw new S3Failure('ObjectLockConfigurationNotFoundError')
  const byDefault = bucket.defaultRetention
  return writeXml('ObjectLockConfiguration', {
    ObjectLockEnabled: 'Enabled',
    Rule: byDefault && { DefaultRetention: { Mode: byDefault.mode, Days: byDefault.days } },
  })
}
