import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Context } from '../context.ts'
import { newestIndex } from '../log/read-entries.ts'

/** What a log calls itself, and its verifier keys, those that sign now first. */
export interface LogKeys {
  readonly origin: string
  readonly keys: readonly string[]
}

/**
 * The origin of a namespace's log and the keys that its heads are, or were, signed with.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @see https://c2sp.org/signed-note
 */
export async function getLogKeys(
  { db, signer }: Context,
  _principal: Principal,
  { namespace }: InputOf<'getLogKeys'>,
): Promise<LogKeys> {
  // Keys of a log that nobody has opened would be a way to make names up.
  await newestIndex(db, namespace)
  return {
    origin: signer.originOf(namespace),
    keys: signer.verifierKeys(namespace).map(formatVerifierKey),
  }
}
