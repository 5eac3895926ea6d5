import type { Bucket } from '../../schema/bucket.ts'
import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { readProbes } from '../timeline/read-probes.ts'

/**
 * The buckets of the configuration by name, and what their newest probes in a namespace found.
 *
 * @throws {NAMESPACE_NOT_FOUND | LOG_INDEX_OUT_OF_RANGE}
 */
export async function listBuckets(
  { db, blobs }: Context,
  _principal: Principal,
  { namespace, asOf }: InputOf<'listBuckets'>,
): Promise<{ readonly items: readonly Bucket[] }> {
  const index = await resolveAsOf(db, namespace, asOf)
  const probes = await readProbes(db, namespace, index)
  const items = blobs.names.toSorted().map((bucket) => {
    const { region } = blobs.named(bucket)
    const probe = probes.get(bucket)
    return {
      bucket,
      ...(region === undefined ? {} : { region }),
      ...(probe === undefined ? {} : { probe }),
    }
  })
  return { items }
}
