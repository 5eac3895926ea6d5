import { GetBucketLifecycleConfigurationCommand, type LifecycleRule } from '@aws-sdk/client-s3'
import type { LifecycleThreat } from '../../schema/bucket.ts'
import { isCatalogError } from '../../schema/errors.ts'
import { callS3, type S3Target } from './s3-client.ts'

/** Rules told of one bucket: the most that S3 lets a bucket have. */
const RULES_MAX_COUNT = 1_000

/**
 * Rules of a bucket that would destroy versions under its prefix; null when they cannot be read.
 *
 * A rule that asks for tags reaches nothing of ours: what a checkpoint points at has none. One that expires
 * current objects only lays delete markers over them, and their versions stay.
 */
export async function readThreats(
  target: S3Target,
  signal: AbortSignal,
): Promise<readonly LifecycleThreat[] | null> {
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: target.bucket })
  try {
    const { Rules: rules = [] } = await callS3(target, { signal }, (options) =>
      target.client.send(command, options),
    )
    return rules.slice(0, RULES_MAX_COUNT).flatMap((rule) => threatOf(rule, target.prefix) ?? [])
  } catch (error) {
    // There is no such configuration.
    if (isCatalogError(error) && error.detail['status'] === 404) return []
    return null
  }
}

function threatOf(rule: LifecycleRule, prefix: string): LifecycleThreat | undefined {
  const { Filter: filter, NoncurrentVersionExpiration: expiration } = rule
  if (rule.Status !== 'Enabled' || expiration === undefined) return undefined
  const hasTags = filter?.Tag !== undefined || (filter?.And?.Tags?.length ?? 0) > 0
  if (hasTags) return undefined
  const reach = filter?.Prefix ?? filter?.And?.Prefix ?? prefixOf(rule) ?? ''
  if (!reach.startsWith(prefix) && !prefix.startsWith(reach)) return undefined
  return {
    rule: rule.ID ?? '',
    prefix: reach,
    noncurrentDays: expiration.NoncurrentDays ?? 0,
  }
}

/** The older place of a rule's prefix, which stores still answer with. */
function prefixOf(rule: object): string | undefined {
  if (!('Prefix' in rule)) return undefined
  return typeof rule.Prefix === 'string' ? rule.Prefix : undefined
}
