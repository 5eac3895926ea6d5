import { canonicalize } from '../../schema/canonical-json.ts'
import type { Principal } from '../../schema/grant.ts'
import type { Namespace, NamespaceReceipt } from '../../schema/namespace.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'

/** Opens a namespace's log, or changes its description; the same declaration again changes nothing. */
export async function declareNamespace(
  context: Context,
  principal: Principal,
  { namespace, body: spec }: InputOf<'declareNamespace'>,
): Promise<NamespaceReceipt> {
  const declared = await context.log.append<Namespace>({
    namespace,
    actor: principal.id,
    ...context.request,
    opensLog: true,
    reads: [],
    decide: async (facts) => {
      const db = await facts.query()
      const current = await db
        .selectFrom('namespace')
        .selectAll()
        .where('namespace', '=', namespace)
        .orderBy('log_index', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (current !== undefined && canonicalize(JSON.parse(current.spec)) === canonicalize(spec)) {
        return nothingNew({ namespace, spec, index: current.log_index, at: current.at })
      }
      return {
        drafts: [{ entry: { kind: 'namespace.declared', subject: namespace, spec } }],
        result: ({ index, at }) => ({ namespace, spec, index, at }),
      }
    },
  })
  return { ...declared, proof: await proveEntry(context, namespace, declared.index) }
}
