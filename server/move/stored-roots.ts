import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { readingOf, type WriteTransaction } from '../store/database.ts'
import { openFindingList } from '../inspect/check-findings.ts'
import { checkLog } from '../inspect/check-log.ts'
import type { RootedHead } from '../log/read-tiles.ts'
import type { Signer, StoredLog } from '../signing/signer.ts'

/** What a transaction has stored of a log that ends in this head. */
export function storedLogOf(
  query: WriteTransaction['query'],
  namespace: NamespaceName,
  newest: RootedHead,
): StoredLog {
  return {
    size: newest.size,
    rootAt: async (size) => {
      const row = await query
        .selectFrom('tree_head')
        .select('root')
        .where('namespace', '=', namespace)
        .where('size', '=', size)
        .executeTakeFirst()
      return row?.root
    },
  }
}

/**
 * Makes a log anew from what a transaction has stored, before it commits.
 *
 * @throws {LOG_CORRUPT} what was stored is not what the entries give
 */
export async function requireSound(tx: WriteTransaction, namespace: NamespaceName): Promise<void> {
  const findings = openFindingList()
  const db = readingOf(tx.query)
  await checkLog({ db, namespace, findings, onEntries: () => undefined })
  const [first] = findings.listed
  if (first === undefined) return
  throw new CatalogError(
    'LOG_CORRUPT',
    `What would be stored of "${namespace}" contradicts itself at ${first.where}: ${first.message} Nothing was changed; "cairn fsck" lists what is wrong.`,
    { detail: { namespace } },
  )
}

/** Whether what a transaction has stored of a log reaches all that was ever signed of it. */
export async function hasAllSigned(
  tx: WriteTransaction,
  { signer, namespace }: { readonly signer: Signer; readonly namespace: NamespaceName },
  newest: RootedHead,
): Promise<boolean> {
  try {
    await signer.check(namespace, storedLogOf(tx.query, namespace, newest))
    return true
  } catch (error) {
    if (isCatalogError(error) && error.code === 'LOG_ROLLED_BACK') return false
    throw error
  }
}

/** A copy that ends where the catalog does, or before. */
export function nothingMore(size: number, copySize: number): CatalogError {
  return new CatalogError(
    'LOG_INDEX_OUT_OF_RANGE',
    `The catalog has ${size} entries and the copy ${copySize}, so it has nothing that is missing: name a newer copy.`,
    { detail: { size, copySize } },
  )
}
