import type { Evidence, EvidenceReceipt } from '../../schema/checkpoint.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { checkpointByDigest, read } from '../timeline/lookups.ts'
import { readCheckpoint, unknownCheckpoint } from '../timeline/read-checkpoint.ts'

/**
 * Records a finding about a checkpoint's bytes; every call is a finding of its own.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 */
export async function recordEvidence(
  context: Context,
  principal: Principal,
  input: InputOf<'recordEvidence'>,
): Promise<EvidenceReceipt> {
  const { namespace, digest, body } = input
  const row = await readCheckpoint(context.db, { principal, verb: 'verify' }, { namespace, digest })
  const evidence = await context.log.append<Evidence>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'verify', row)),
    reads: [read(checkpointByDigest, namespace, digest)],
    decide: (facts) => {
      const checkpoint = facts.find(checkpointByDigest, [namespace, digest])
      if (checkpoint === undefined) throw unknownCheckpoint(input)
      return {
        drafts: [{ entry: { kind: 'evidence.recorded', subject: digest, ...body } }],
        result: ({ index, at }) => ({
          checkpoint: digest,
          ...body,
          actor: principal.id,
          index,
          at,
        }),
      }
    },
  })
  return { ...evidence, proof: await proveEntry(context, namespace, evidence.index) }
}
