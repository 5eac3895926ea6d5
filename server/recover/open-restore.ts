import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Restore, RestoreReceipt } from '../../schema/restore.ts'
import type { Context } from '../context.ts'
import { allowedBy } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { read, runById } from '../timeline/lookups.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'

/**
 * Records that a restore of a checkpoint begins, and whose its bytes are then.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | RUN_NOT_FOUND | FORBIDDEN}
 * @throws {INVALID_REQUEST} a claim without a run
 */
export async function openRestore(
  context: Context,
  principal: Principal,
  { namespace, body }: InputOf<'openRestore'>,
): Promise<RestoreReceipt> {
  const { checkpoint, ownership, run } = body
  if (ownership === 'claim' && run === undefined) throw claimWithoutRun()
  const question = { namespace, digest: checkpoint }
  const row = await readCheckpoint(context.db, { principal, verb: 'append' }, question)
  const { job, partition } = row
  const restore = context.newId()
  const facts = { restore, job, partition, ownership, ...(run === undefined ? {} : { run }) }
  const opened = await context.log.append<Restore>({
    namespace,
    actor: principal.id,
    ...allowedBy(context.request, requireOnJob(principal, 'append', row)),
    reads: run === undefined ? [] : [read(runById, namespace, run)],
    decide: (known) => {
      if (run !== undefined) {
        const claiming = known.find(runById, [namespace, run])
        if (claiming === undefined) throw unknownRun(namespace, run)
        requireOnJob(principal, 'append', claiming)
      }
      return {
        drafts: [{ entry: { kind: 'restore.opened', subject: checkpoint, ...facts } }],
        result: ({ index, at }) => ({
          ...facts,
          namespace,
          checkpoint,
          actor: principal.id,
          openedAt: at,
          openedIndex: index,
        }),
      }
    },
  })
  return { ...opened, proof: await proveEntry(context, namespace, opened.openedIndex) }
}

const claimWithoutRun = (): CatalogError =>
  new CatalogError(
    'INVALID_REQUEST',
    'A claim lasts as long as its run does: give "run", or restore with ownership "no-claim" or "copy".',
    { detail: { pointer: '/run' } },
  )

const unknownRun = (namespace: string, run: string): CatalogError =>
  new CatalogError(
    'RUN_NOT_FOUND',
    `${namespace} has no run "${run}" that could claim what is restored: open it first, or leave "run" out.`,
  )
