import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Policy } from '../../schema/policy.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { readPolicy, unknownPolicy } from '../timeline/read-policy.ts'

/**
 * A policy, as set at an index.
 *
 * @throws {NAMESPACE_NOT_FOUND | POLICY_NOT_FOUND | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getPolicy(
  { db }: Context,
  _principal: Principal,
  { namespace, policy, asOf }: InputOf<'getPolicy'>,
): Promise<Policy> {
  const question = { namespace, policy, asOf: await resolveAsOf(db, namespace, asOf) }
  const found = await readPolicy(db, question)
  if (found === undefined) throw unknownPolicy(question)
  return found
}
