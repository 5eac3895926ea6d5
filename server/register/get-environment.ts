import { CatalogError } from '../../schema/errors.ts'
import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { newestIndex } from '../log/read-entries.ts'
import { readEnvironmentBytes } from '../timeline/read-document.ts'

/**
 * The exact bytes of an environment document that this namespace recorded.
 *
 * @throws {NAMESPACE_NOT_FOUND | ENVIRONMENT_NOT_FOUND}
 */
export async function getEnvironment(
  { db }: Context,
  _principal: Principal,
  { namespace, digest }: InputOf<'getEnvironment'>,
): Promise<Uint8Array> {
  const bytes = await readEnvironmentBytes(db, namespace, digest)
  if (bytes === undefined) {
    await newestIndex(db, namespace)
    throw new CatalogError(
      'ENVIRONMENT_NOT_FOUND',
      `${namespace} has no environment ${digest}: check the digest, or record the document with PUT.`,
    )
  }
  return bytes
}
