import { denialOf } from '../../schema/denial.ts'
import type { Principal } from '../../schema/grant.ts'
import { isName } from '../../schema/name-grammar.ts'
import type { Context } from '../context.ts'

/** Tells the access log of a request that was turned away, where it named a namespace. */
export async function recordDenial(
  { log }: Context,
  error: unknown,
  asked: {
    readonly operation: string
    readonly params: Readonly<Record<string, unknown>>
    readonly principal: Principal | undefined
  },
): Promise<void> {
  const { operation, principal } = asked
  const { namespace, job } = asked.params
  // Not validated yet: whoever has no token may have named anything.
  if (!isName(namespace)) return
  const denial = denialOf(error, {
    namespace,
    operation,
    job: isName(job) ? job : undefined,
    principal: principal?.id,
  })
  if (denial !== undefined) await log.deny(denial)
}
