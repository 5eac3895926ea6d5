import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { readSignedHead } from '../log/read-proofs.ts'

/**
 * The newest signed tree head of a namespace's log, a C2SP signed note.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {LOG_ROLLED_BACK} the database has another log than was signed
 * @see https://c2sp.org/tlog-checkpoint
 */
export async function getTreeHead(
  context: Context,
  _principal: Principal,
  { namespace }: InputOf<'getTreeHead'>,
): Promise<string> {
  const { signedHead } = await readSignedHead(context, namespace)
  return signedHead
}
