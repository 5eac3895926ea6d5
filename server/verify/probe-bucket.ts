import type { BucketProbe } from '../../schema/bucket.ts'
import { requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'

/**
 * Tries out what a bucket can do and records it; a probe that could not reach the store records nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORBIDDEN | BUCKET_NOT_ALLOWED}
 * @throws {BUCKET_ACCESS_DENIED | STORE_UNAVAILABLE | STORE_UNSUITABLE}
 */
export async function probeBucket(
  context: Context,
  principal: Principal,
  { namespace, bucket }: InputOf<'probeBucket'>,
): Promise<BucketProbe> {
  const grant = requireOnNamespace(principal, 'verify', namespace)
  await newestIndex(context.db, namespace)
  const findings = await context.blobs.named(bucket).probe(context.newId(), context.ending)
  const probe = await context.log.append<Omit<BucketProbe, 'proof'>>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, grant),
    reads: [],
    decide: () => ({
      drafts: [{ entry: { kind: 'bucket.probed', subject: bucket, findings } }],
      result: ({ index, at }) => ({
        namespace,
        bucket,
        findings,
        actor: principal.id,
        index,
        at,
      }),
    }),
  })
  return { ...probe, proof: await proveEntry(context, namespace, probe.index) }
}
