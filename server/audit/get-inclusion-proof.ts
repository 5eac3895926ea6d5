import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import type { Context } from '../context.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveInclusion } from '../log/read-proofs.ts'

/** That an entry is in the log of a size: hashes from the leaf up, base64. */
export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly path: readonly string[]
}

/**
 * Proves that the log of a size has its entry at an index.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log is not that large, or the size has no such index
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1
 */
export async function getInclusionProof(
  { db }: Context,
  _principal: Principal,
  { namespace, index, size }: InputOf<'getInclusionProof'>,
): Promise<InclusionProof> {
  await newestIndex(db, namespace)
  const path = await proveInclusion(db, namespace, { index, size })
  return { index, size, path: path.map(encodeBase64) }
}
