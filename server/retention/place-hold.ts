import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { Hold, HoldReceipt } from '../../schema/hold.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { holdOf, isHolding, isPlaced, readHoldsOn } from '../timeline/read-holds.ts'

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/**
 * Bars the removal of a checkpoint's bytes and of its chain's; the same again changes nothing, another reason or
 * end replaces the hold of that name.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 * @throws {INVALID_REQUEST} its end has passed
 */
export async function placeHold(
  context: Context,
  principal: Principal,
  { namespace, digest, hold: name, body }: InputOf<'placeHold'>,
): Promise<HoldReceipt> {
  const { until } = body
  if (until !== undefined && !(Date.parse(until) > context.nowMs())) throw alreadyOver(until)
  const row = await readCheckpoint(context.db, { principal, verb: 'retire' }, { namespace, digest })
  const hold = await context.log.append<Hold>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'retire', row)),
    reads: [],
    decide: async (facts) => {
      const db = await facts.query()
      const known = await readHoldsOn(db, { namespace, checkpoint: digest, asOf: NOW })
      const current = known.findLast((one) => one.name === name && isPlaced(one, NOW))
      if (current !== undefined && isHolding(current, { asOf: NOW, nowMs: context.nowMs() })) {
        const same = current.reason === body.reason && current.until === (until ?? null)
        if (same) return nothingNew(holdOf(current))
      }
      const replaces = current?.placed_index
      return {
        drafts: [
          {
            entry: {
              kind: 'hold.placed',
              subject: digest,
              hold: name,
              ...body,
              ...(replaces === undefined ? {} : { replaces }),
            },
          },
        ],
        result: ({ index, at }) => ({
          checkpoint: digest,
          hold: name,
          ...body,
          actor: principal.id,
          index,
          at,
        }),
      }
    },
  })
  return { ...hold, proof: await proveEntry(context, namespace, hold.index) }
}

const alreadyOver = (until: string): CatalogError =>
  new CatalogError(
    'INVALID_REQUEST',
    `The hold would end at ${until}, which is no time to come: give a later one, or none.`,
    { detail: { pointer: '/until' } },
  )
