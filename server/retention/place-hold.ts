import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { Hold, HoldReceipt } from '../../schema/hold.ts'
import { objectsOf } from '../../schema/manifest-objects.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { readManifest } from '../timeline/read-document.ts'
import { holdOf, isHolding, isPlaced, readHoldsOn } from '../timeline/read-holds.ts'
import { blobsSwept, readRemovals, refuseSwept } from '../timeline/read-sweeps.ts'
import { readChain } from '../timeline/read-chain.ts'

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/**
 * Bars the removal of a checkpoint's bytes and of its chain's; the same again changes nothing, another reason or
 * end replaces the hold of that name.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 * @throws {BLOBS_SWEPT} the removal of its bytes has begun
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
      if (row.tombstoned_index !== null) await refuseGone(db, row)
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

/** A hold on what is gone, or going, would promise what it cannot keep. */
async function refuseGone(db: Reader, row: Row<'checkpoint'>): Promise<void> {
  const { namespace, digest } = row
  const chain = await readChain(db, row)
  await refuseSwept(db, namespace, chain)
  for (const link of chain) {
    const objects = objectsOf(await readManifest(db, link))
    const [removal] = await readRemovals(db, [...objects.keys()])
    if (removal !== undefined) throw blobsSwept(digest, removal.intent_index)
  }
}

const alreadyOver = (until: string): CatalogError =>
  new CatalogError(
    'INVALID_REQUEST',
    `The hold would end at ${until}, which is no time to come: give a later one, or none.`,
    { detail: { pointer: '/until' } },
  )
