import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import type { Context } from '../context.ts'
import { newestIndex } from '../log/read-entries.ts'
import { proveConsistency } from '../log/read-proofs.ts'

/** That the log of one size begins that of another: hashes, base64. */
export interface ConsistencyProof {
  readonly from: number
  readonly to: number
  readonly path: readonly string[]
}

/**
 * Proves that the log of `from` entries is the beginning of that of `to` entries.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @throws {LOG_INDEX_OUT_OF_RANGE} the log is not that large, or `from` is over `to`
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2
 */
export async function getConsistencyProof(
  { db }: Context,
  _principal: Principal,
  { namespace, from, to }: InputOf<'getConsistencyProof'>,
): Promise<ConsistencyProof> {
  await newestIndex(db, namespace)
  const path = await proveConsistency(db, namespace, { from, to })
  return { from, to, path: path.map(encodeBase64) }
}
