import { canonicalize } from '../../schema/canonical-json.ts'
import type { Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { Job, JobReceipt } from '../../schema/namespace.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { readPolicy, unknownPolicy } from '../timeline/read-policy.ts'

/**
 * Declares a job, or changes what it says; the same declaration again changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | POLICY_NOT_FOUND | DOCUMENT_TOO_LARGE}
 */
export async function declareJob(
  context: Context,
  principal: Principal,
  { namespace, job, body: spec }: InputOf<'declareJob'>,
): Promise<JobReceipt> {
  const declared = await context.log.append<Job>({
    namespace,
    actor: principal.id,
    ...context.request,
    reads: [],
    decide: async (facts) => {
      const db = await facts.query()
      const current = await db
        .selectFrom('job')
        .selectAll()
        .where('namespace', '=', namespace)
        .where('job', '=', job)
        .orderBy('log_index', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (current !== undefined && canonicalize(JSON.parse(current.spec)) === canonicalize(spec)) {
        return nothingNew({ namespace, job, spec, index: current.log_index, at: current.at })
      }
      const { policy } = spec
      if (policy !== undefined) {
        const asked = { namespace, policy, asOf: Number.MAX_SAFE_INTEGER as LogIndex }
        if ((await readPolicy(db, asked)) === undefined) throw unknownPolicy(asked)
      }
      return {
        drafts: [{ entry: { kind: 'job.declared', subject: job, spec } }],
        result: ({ index, at }) => ({ namespace, job, spec, index, at }),
      }
    },
  })
  return { ...declared, proof: await proveEntry(context, namespace, declared.index) }
}
