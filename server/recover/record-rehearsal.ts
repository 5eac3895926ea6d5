import type { DrillReceipt } from '../../schema/drill.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { DrillId, Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { checkSameLine } from './rules.ts'

/**
 * Records what came of a restore into a scratch folder; it is no evidence, and moves no state.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN | RESUME_MISMATCH}
 */
export async function recordRehearsal(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'recordRehearsal'>,
): Promise<DrillReceipt> {
  const { job, partition = '' as Partition, faults = [], ...rehearsed } = body
  const { checkpoint: digest } = rehearsed
  const asker = { principal, verb: 'verify' } as const
  checkSameLine(await readCheckpoint(context.db, asker, { namespace, digest }), { job, partition })
  const drill = context.newId() as DrillId
  const recorded = await context.log.append<Omit<DrillReceipt, 'proof'>>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'verify', { namespace, job })),
    reads: [],
    decide: () => ({
      drafts: [
        { entry: { kind: 'drill.recorded', subject: drill, job, partition, faults, rehearsed } },
      ],
      result: ({ index, at }) => ({ drill, index, at }),
    }),
  })
  return { ...recorded, proof: await proveEntry(context, namespace, recorded.index) }
}
