import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'
import { readManifestBytes } from '../timeline/read-document.ts'

/**
 * The exact bytes of a checkpoint's manifest.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 */
export async function getManifest(
  { db }: Context,
  principal: Principal,
  input: InputOf<'getManifest'>,
): Promise<Uint8Array> {
  return readManifestBytes(db, await readCheckpoint(db, { principal, verb: 'read' }, input))
}
