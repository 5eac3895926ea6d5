import { CatalogError } from '../../schema/errors.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex, NamespaceName, PolicyName } from '../../schema/names.ts'
import type { JobSpec } from '../../schema/namespace.ts'
import { bucketViolations, type StoragePolicy } from '../../schema/storage-rules.ts'
import type { Facts } from '../log/facts.ts'
import type { BlobStores } from '../store/blob-store.ts'
import { jobByName } from '../timeline/lookups.ts'
import { readPolicy } from '../timeline/read-policy.ts'
import { readProbes } from '../timeline/read-probes.ts'

/** Violations that a refusal names. */
const NAMED_MAX_COUNT = 10

const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/**
 * Refuses a manifest whose blobs are where the policy of its job does not allow them, as far as probes tell;
 * nothing is asked of any store. Undefined for a job that has no policy, which costs one look.
 *
 * @throws {POLICY_VIOLATED}
 */
export function checkStorage(
  facts: Facts,
  manifest: Manifest,
  blobs: BlobStores,
): Promise<void> | undefined {
  const { namespace, job } = manifest
  const row = facts.find(jobByName, [namespace, job])
  if (row === undefined || !row.spec.includes('"policy"')) return undefined
  const { policy } = JSON.parse(row.spec) as JobSpec
  if (policy === undefined) return undefined
  return judgePlaces(facts, { manifest, policy, blobs })
}

async function judgePlaces(
  facts: Facts,
  asked: {
    readonly manifest: Manifest
    readonly policy: PolicyName
    readonly blobs: BlobStores
  },
): Promise<void> {
  const { manifest, policy, blobs } = asked
  const { namespace } = manifest
  const db = await facts.query()
  const found = await readPolicy(db, { namespace, policy, asOf: NOW })
  const storage = found?.spec.storage
  if (storage === undefined) return
  const probes = await readProbes(db, namespace)
  const violations = new Set<string>()
  for (const { uri, region: named } of placesOf(manifest)) {
    const place = placeOf(blobs, uri, namespace)
    if (place === undefined) {
      if (asksAnything(storage))
        violations.add(`${uri}: in no bucket that is open to this namespace`)
    } else {
      const { name: bucket, store } = place
      const at = { bucket, region: named ?? store.region }
      const missing = bucketViolations(storage, at, probes.get(bucket)?.findings)
      for (const one of missing) violations.add(one)
    }
    if (violations.size >= NAMED_MAX_COUNT) break
  }
  if (violations.size > 0) throw violated(policy, [...violations])
}

/** Each place of each blob; most are in the same bucket, and looking one up costs little. */
function* placesOf(manifest: Manifest) {
  for (const { blobs } of manifest.shards) {
    for (const { uri, copies = [] } of blobs) {
      yield { uri, region: undefined }
      yield* copies
    }
  }
}

function placeOf(blobs: BlobStores, uri: string, namespace: NamespaceName) {
  try {
    return blobs.find(uri, namespace)
  } catch {
    return undefined
  }
}

function asksAnything({ encryption, objectLock, regions, lifecycle }: StoragePolicy): boolean {
  return (
    encryption !== undefined ||
    objectLock === true ||
    regions !== undefined ||
    lifecycle === 'refuse'
  )
}

const violated = (policy: string, violations: readonly string[]): CatalogError =>
  new CatalogError(
    'POLICY_VIOLATED',
    `The policy "${policy}" does not allow it: ${violations[0] ?? ''}. Save the state where it may be, or change the policy; after a change of a bucket, probe it again.`,
    { detail: { policy, violations } },
  )
