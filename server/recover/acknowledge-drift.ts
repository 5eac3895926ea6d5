import assert from 'node:assert/strict'
import type { DriftAcknowledgement } from '../../schema/drift.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { acknowledgementOf, read } from '../timeline/lookups.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { assessDrift } from './assess-drift.ts'
import { checkDrift } from './check-drift.ts'

type Acknowledged = Omit<DriftAcknowledgement, 'proof'>

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/**
 * Records that somebody goes on in spite of exactly this difference; the same again gives the first one.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | ENVIRONMENT_NOT_FOUND | FORBIDDEN}
 * @throws {DRIFT_REFUSED} the policy lets nobody go on
 */
export async function acknowledgeDrift(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'acknowledgeDrift'>,
): Promise<DriftAcknowledgement> {
  const { checkpoint: digest, caller, note } = body
  const question = { namespace, digest }
  const checkpoint = await readCheckpoint(context.db, { principal, verb: 'append' }, question)
  const { job } = checkpoint
  const recorded = await context.log.append<Acknowledged>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'append', checkpoint)),
    reads: [],
    decide: async (facts) => {
      const db = await facts.query()
      const drift = await assessDrift(db, { checkpoint, caller, asOf: NOW })
      assert.ok(drift !== undefined, 'what is asked for is compared')
      const { difference, ruleSet } = drift
      const key = [namespace, job, difference, ruleSet]
      await facts.load([read(acknowledgementOf, ...key)])
      const first = facts.find(acknowledgementOf, key)
      if (first !== undefined) {
        const { log_index: index, at, actor } = first
        return nothingNew({
          checkpoint: first.checkpoint,
          drift,
          note: first.note,
          actor,
          index,
          at,
        })
      }
      // What needs none is acknowledged all the same when somebody says so.
      const isAllowed = drift.verdict === 'allow'
      const asked = isAllowed ? { ...drift, verdict: 'allow-with-acknowledgement' as const } : drift
      const entry = checkDrift(asked, { checkpoint, note })
      return {
        drafts: entry === undefined ? [] : [{ entry }],
        result: ({ index, at }) => ({
          checkpoint: digest,
          drift: { ...drift, acknowledged: index },
          note,
          actor: principal.id,
          index,
          at,
        }),
      }
    },
  })
  return { ...recorded, proof: await proveEntry(context, namespace, recorded.index) }
}
