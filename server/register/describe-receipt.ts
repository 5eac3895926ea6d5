import type { Receipt } from '../../schema/checkpoint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { readEntriesAt } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { Registration } from './decide-registration.ts'

/** A registration as its caller sees it, with its proof. */
export async function describeReceipt(
  context: Context,
  place: { readonly namespace: NamespaceName; readonly checkpoint: Digest },
  { index, at, leafHash }: Omit<Registration, 'created'>,
): Promise<Receipt> {
  const { namespace, checkpoint } = place
  const proof = await proveEntry(context, namespace, index)
  if (leafHash !== '') return { namespace, checkpoint, index, leafHash, at, proof }
  const [entry] = await readEntriesAt(context.db, namespace, [index])
  const stored = Buffer.from(entry?.leaf_hash ?? []).toString('base64')
  return { namespace, checkpoint, index, leafHash: stored, at, proof }
}
