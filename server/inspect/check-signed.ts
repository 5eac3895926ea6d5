import { isCatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Signer, StoredLog } from '../signing/signer.ts'
import type { Reader } from '../store/database.ts'
import type { Snapshot } from '../store/open-snapshot.ts'
import type { CheckFinding } from './check-findings.ts'

/**
 * Whether a database has what was signed of its logs; one that was set back has not. Each log's heads are read
 * after the memory was: what a server writes meanwhile would seem to be missing.
 */
export async function checkSigned(
  open: () => Promise<Snapshot>,
  signer: Pick<Signer, 'check'>,
  namespaces: readonly NamespaceName[],
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = []
  for (const namespace of namespaces) {
    const size = (await within(open, (db) => newestSize(db, namespace))) ?? 0
    const stored: StoredLog = {
      size,
      rootAt: (at) => within(open, (db) => rootOf(db, namespace, at)),
    }
    try {
      await signer.check(namespace, stored)
    } catch (error) {
      if (!isCatalogError(error) || error.code !== 'LOG_ROLLED_BACK') throw error
      const { message } = error
      findings.push({ code: 'signed-head-missing', namespace, where: 'tree heads', message })
    }
  }
  return findings
}

async function within<Result>(
  open: () => Promise<Snapshot>,
  read: (db: Reader) => Promise<Result>,
): Promise<Result> {
  const snapshot = await open()
  try {
    return await read(snapshot.reader)
  } finally {
    await snapshot.close()
  }
}

async function newestSize(db: Reader, namespace: NamespaceName): Promise<number | undefined> {
  const query = db.selectFrom('tree_head').select('size').where('namespace', '=', namespace)
  return (await query.orderBy('size', 'desc').limit(1).executeTakeFirst())?.size
}

async function rootOf(
  db: Reader,
  namespace: NamespaceName,
  size: number,
): Promise<Uint8Array | undefined> {
  const query = db.selectFrom('tree_head').select('root').where('namespace', '=', namespace)
  return (await query.where('size', '=', size).executeTakeFirst())?.root
}
