import assert from 'node:assert/strict'
import { checkReceipt, type ReceiptVerdict } from '../../client-sdk/verify/check-receipt.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { parseVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { TestCatalog } from '../harness/catalog.ts'

/** Verifier keys from their text. */
export function keysOf(texts: readonly string[]): readonly VerifierKey[] {
  return texts.map((text) => {
    const parsed = parseVerifierKey(text)
    assert.ok(parsed.ok)
    return parsed.value
  })
}

/** Checks a receipt's proof against the stored bytes of the entry that it names. */
export async function judge(
  { catalog }: TestCatalog,
  namespace: string,
  receipt: { readonly proof: string; readonly keys?: readonly VerifierKey[] },
): Promise<ReceiptVerdict> {
  const { db, signer } = catalog.context
  const name = namespace as NamespaceName
  const index = Number(/^index (\d+)$/m.exec(receipt.proof)?.[1])
  const { bytes } = await db
    .selectFrom('entry')
    .select('bytes')
    .where('namespace', '=', name)
    .where('log_index', '=', index as never)
    .executeTakeFirstOrThrow()
  const keys = receipt.keys ?? signer.verifierKeys(name)
  return checkReceipt({ entry: bytes, tlogProof: receipt.proof, keys })
}

/** Asserts that a proof is good, and is about the entry at an index. */
export async function assertProven(
  at: TestCatalog,
  namespace: string,
  receipt: { readonly proof: string; readonly index: number },
): Promise<void> {
  const verdict = await judge(at, namespace, receipt)
  assert.deepEqual(verdict.findings, [])
  assert.equal(verdict.ok && verdict.index, receipt.index)
}
