import { CatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { RunReceipt } from '../../schema/run.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew } from '../log/command.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { describeRuns } from '../timeline/describe-runs.ts'
import { lineByJob, read, runById } from '../timeline/lookups.ts'
import { checkFence, runClosed } from './rules.ts'

/**
 * Ends a run with its outcome; the same outcome again changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | RUN_NOT_FOUND | RUN_CLOSED | ATTEMPT_FENCED | FORBIDDEN}
 */
export async function closeRun(
  context: Context,
  principal: Principal,
  { namespace, run, body }: InputOf<'closeRun'>,
): Promise<RunReceipt> {
  // Looked at first, so that who may not close it is denied before anything is asked of the log.
  const known = await context.db
    .selectFrom('run')
    .select(['namespace', 'job'])
    .where('namespace', '=', namespace)
    .where('run', '=', run)
    .executeTakeFirst()
  const { request } = context
  await context.log.append<null>({
    namespace,
    actor: principal.id,
    ...(known === undefined
      ? request
      : allowedBy(request, requireOnJob(principal, 'append', known))),
    reads: [read(runById, namespace, run)],
    decide: async (facts) => {
      const row = facts.find(runById, [namespace, run])
      if (row === undefined) throw unknownRun(namespace, run)
      requireOnJob(principal, 'append', row)
      if (row.closed_index !== null) {
        if (row.outcome !== body.outcome) throw runClosed(row)
        return nothingNew(null)
      }
      const line = [namespace, row.job, row.partition]
      await facts.load([read(lineByJob, ...line)])
      checkFence(row, facts.find(lineByJob, line))
      const note = body.note === undefined ? {} : { note: body.note }
      return {
        drafts: [{ entry: { kind: 'run.closed', subject: run, outcome: body.outcome, ...note } }],
        result: () => null,
      }
    },
  })
  const asOf = await newestIndex(context.db, namespace)
  const row = await context.db
    .selectFrom('run')
    .selectAll()
    .where('namespace', '=', namespace)
    .where('run', '=', run)
    .executeTakeFirstOrThrow()
  const [described] = await describeRuns(context.db, [row], asOf)
  if (described?.closedIndex === undefined) throw unknownRun(namespace, run)
  return { ...described, proof: await proveEntry(context, namespace, described.closedIndex) }
}

const unknownRun = (namespace: string, run: string): CatalogError =>
  new CatalogError(
    'RUN_NOT_FOUND',
    `${namespace} has no run "${run}": check the id and the namespace.`,
  )
