import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { HoldLifted } from '../../schema/hold.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { readHoldsOn } from '../timeline/read-holds.ts'

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/**
 * Ends a hold; ending it again gives the same.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN | HOLD_NOT_FOUND}
 */
export async function liftHold(
  context: Context,
  principal: Principal,
  { namespace, digest, hold: name }: InputOf<'liftHold'>,
): Promise<HoldLifted> {
  const row = await readCheckpoint(context.db, { principal, verb: 'retire' }, { namespace, digest })
  const lifted = await context.log.append<Omit<HoldLifted, 'proof'>>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'retire', row)),
    reads: [],
    decide: async (facts) => {
      const db = await facts.query()
      const known = await readHoldsOn(db, { namespace, checkpoint: digest, asOf: NOW })
      const newest = known.findLast((one) => one.name === name)
      if (newest === undefined) {
        throw new CatalogError(
          'HOLD_NOT_FOUND',
          `${digest} has no hold "${name}": list its holds for the names.`,
        )
      }
      const { placed_index: placed, ended_index: ended } = newest
      if (ended !== null) return nothingNew({ checkpoint: digest, hold: name, index: ended })
      return {
        drafts: [{ entry: { kind: 'hold.lifted', subject: digest, hold: name, placed } }],
        result: ({ index }) => ({ checkpoint: digest, hold: name, index }),
      }
    },
  })
  return { ...lifted, proof: await proveEntry(context, namespace, lifted.index) }
}
