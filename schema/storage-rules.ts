import type { BucketFindings } from './bucket.ts'
import { isProven } from './bucket.ts'
import type { Encryption } from './blob-standing.ts'
import type { PolicySpec } from './policy.ts'

/** What a policy asks of where bytes are kept. */
export type StoragePolicy = NonNullable<PolicySpec['storage']>

/** One place of a blob. */
export interface StoragePlace {
  readonly bucket: string
  readonly region?: string | undefined
}

/**
 * What a bucket, by its newest probe, does not give that a policy asks for. A bucket that nobody has probed
 * violates nothing but regions: what it gives is not known yet.
 */
export function bucketViolations(
  policy: StoragePolicy,
  { bucket, region }: StoragePlace,
  findings: BucketFindings | undefined,
): readonly string[] {
  const violations = regionViolations(policy, { bucket, region: region ?? findings?.region })
  if (findings === undefined) return violations
  const encryption = encryptionViolation(policy, findings.encryption)
  if (encryption !== undefined) violations.push(`${bucket}: ${encryption} by default`)
  if (policy.objectLock === true && !isProven(findings, 'object-lock')) {
    violations.push(`${bucket}: object lock is not proven`)
  }
  if (policy.lifecycle === 'refuse') {
    if (findings.lifecycle === null) violations.push(`${bucket}: lifecycle rules cannot be read`)
    for (const { rule, prefix } of findings.lifecycle ?? []) {
      violations.push(`${bucket}: lifecycle rule "${rule}" destroys versions under "${prefix}"`)
    }
  }
  return violations
}

/** What one stored version does not have that a policy asks for. */
export function versionViolations(
  policy: StoragePolicy,
  place: StoragePlace,
  stored: { readonly encryption?: Encryption; readonly isLocked: boolean },
): readonly string[] {
  const violations = regionViolations(policy, place)
  const encryption = encryptionViolation(policy, stored.encryption)
  if (encryption !== undefined) violations.push(`${place.bucket}: ${encryption}`)
  if (policy.objectLock === true && !stored.isLocked) {
    violations.push(`${place.bucket}: a version is not locked`)
  }
  return violations
}

function regionViolations({ regions }: StoragePolicy, { bucket, region }: StoragePlace): string[] {
  if (regions === undefined || (region !== undefined && regions.includes(region))) return []
  return [`${bucket}: in ${region ?? 'a region that nobody knows'}, not in ${regions.join(', ')}`]
}

function encryptionViolation(
  { encryption: wanted }: StoragePolicy,
  found: Encryption | undefined,
): string | undefined {
  if (wanted === undefined) return undefined
  if (found === undefined) return 'not encrypted at rest'
  if (wanted === 'any' || found.algorithm.startsWith('aws:kms')) return undefined
  return `encrypted with ${found.algorithm}, not with a key of KMS`
}
