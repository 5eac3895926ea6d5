import type { Drill, DrillReceipt } from '../../schema/drill.ts'
import { requireOnJob, requireOnNamespace, type Principal } from '../../schema/grant.ts'
import type { DrillId, LogIndex, NamespaceName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { rememberPlaces } from '../timeline/blob-place.ts'
import { readProbes } from '../timeline/read-probes.ts'
import { planDrill, type DrillWorld } from './plan-drill.ts'

/** What the log answers: enough to repeat the drill as of the same entry. */
interface Recorded extends Omit<DrillReceipt, 'proof'> {
  readonly asOf: LogIndex
}

/**
 * Plans a drill, and records it where that is asked: the one change that a drill can make.
 *
 * @throws {FORBIDDEN} recording needs `verify` on the job or on the whole namespace
 * @throws whatever `planDrill` refuses
 */
export async function runDrill(
  context: Context,
  principal: Principal,
  input: InputOf<'planDrill'>,
): Promise<Drill> {
  const { namespace, body } = input
  const world = worldOf(context, namespace)
  if (body.record !== true) return planDrill(world, principal, input)
  const { job, partition, faults } = body
  const grant =
    job === undefined
      ? requireOnNamespace(principal, 'verify', namespace)
      : requireOnJob(principal, 'verify', { namespace, job })
  const planned = await planDrill(world, principal, input)
  const { asOf, counts, findings, next } = planned
  const drill = context.newId() as DrillId
  const recorded = await context.log.append<Recorded>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, grant),
    reads: [],
    decide: () => ({
      drafts: [
        {
          entry: {
            kind: 'drill.recorded',
            subject: drill,
            ...(job === undefined ? {} : { job }),
            ...(partition === undefined ? {} : { partition }),
            faults,
            planned: {
              asOf,
              counts,
              findings,
              isWhole: next === null && body.cursor === undefined,
            },
          },
        },
      ],
      result: ({ index, at }) => ({ drill, asOf, index, at }),
    }),
  })
  const { asOf: recordedAsOf, ...receipt } = recorded
  const proof = await proveEntry(context, namespace, recorded.index)
  // A repeat under the same key answers what was recorded, not what would be found now.
  const answer =
    recordedAsOf === asOf
      ? planned
      : await planDrill(world, principal, { namespace, body: { ...body, asOf: recordedAsOf } })
  return { ...answer, recorded: { ...receipt, proof } }
}

/** Of all that there is, what a drill gets to see. */
function worldOf({ db, blobs }: Context, namespace: NamespaceName): DrillWorld {
  const names = blobs.namesFor(namespace)
  const regions = names.flatMap((name) => blobs.named(name, namespace).region ?? [])
  return {
    db,
    placesAsOf: async (asOf) =>
      rememberPlaces(blobs, await readProbes(db, namespace, asOf), namespace),
    configured: new Set([...names, ...regions]),
  }
}
