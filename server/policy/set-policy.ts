import { canonicalize } from '../../schema/canonical-json.ts'
import type { Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Policy, PolicyReceipt } from '../../schema/policy.ts'
import type { Context } from '../context.ts'
import { nothingNew } from '../log/command.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { readPolicy } from '../timeline/read-policy.ts'

/** Under the head lock, everything recorded so far. */
const NOW = Number.MAX_SAFE_INTEGER as LogIndex

/**
 * Sets a policy, or replaces what it says; the same again changes nothing.
 *
 * @throws {NAMESPACE_NOT_FOUND | DOCUMENT_TOO_LARGE}
 */
export async function setPolicy(
  context: Context,
  principal: Principal,
  { namespace, policy, body: spec }: InputOf<'setPolicy'>,
): Promise<PolicyReceipt> {
  const set = await context.log.append<Policy>({
    namespace,
    actor: principal.id,
    ...context.request,
    reads: [],
    decide: async (facts) => {
      const current = await readPolicy(await facts.query(), { namespace, policy, asOf: NOW })
      if (current !== undefined && canonicalize(current.spec) === canonicalize(spec)) {
        return nothingNew(current)
      }
      return {
        drafts: [{ entry: { kind: 'policy.set', subject: policy, spec } }],
        result: ({ index, at }) => ({ namespace, policy, spec, index, at }),
      }
    },
  })
  return { ...set, proof: await proveEntry(context, namespace, set.index) }
}
