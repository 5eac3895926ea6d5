import type { Digest } from '../../schema/digest.ts'
import type { Principal } from '../../schema/grant.ts'
import type { LogIndex } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import type { Context } from '../context.ts'
import { readEntriesAt } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import { readCheckpoint } from '../timeline/read-checkpoint.ts'

/** The entry that registered a checkpoint, base64, and its C2SP tlog-proof. */
export interface CheckpointReceipt {
  readonly checkpoint: Digest
  readonly index: LogIndex
  readonly entry: string
  readonly proof: string
}

/**
 * All that it takes to check offline that a checkpoint is recorded. The proof is at the head of the batch
 * that the entry came with, as in the receipt of the registration.
 *
 * @throws {NAMESPACE_NOT_FOUND | CHECKPOINT_NOT_FOUND | FORBIDDEN}
 * @throws {LOG_ROLLED_BACK} the database has another log than was signed
 * @see https://c2sp.org/tlog-proof
 */
export async function getReceipt(
  context: Context,
  principal: Principal,
  { namespace, digest }: InputOf<'getReceipt'>,
): Promise<CheckpointReceipt> {
  const row = await readCheckpoint(context.db, { principal, verb: 'read' }, { namespace, digest })
  const index = row.log_index
  const [entry] = await readEntriesAt(context.db, namespace, [index])
  if (entry === undefined) throw new Error('a row has the entry that it came from')
  const proof = await proveEntry(context, namespace, index)
  return { checkpoint: digest, index, entry: encodeBase64(entry.bytes), proof }
}
