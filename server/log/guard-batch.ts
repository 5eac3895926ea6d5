import { isCatalogError, type CatalogError, type ErrorCode } from '../../schema/errors.ts'
import { rootOf } from '../../schema/merkle.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Database, WriteTransaction } from '../store/database.ts'
import { lookupOf } from '../store/lookup.ts'
import type { Row } from '../store/tables.ts'
import { readRange, type GrownLog } from './right-edge.ts'
import type { Signer, StoredLog } from '../signing/signer.ts'
import { tileCacheOf, type PlacedTile } from './tile-nodes.ts'

/** Logs that this process knows to have published their keys; beyond, it looks again. */
const PUBLISHED_MAX_COUNT = 4096

/** What the write door knows of the logs, from one batch to the next. */
export interface DoorState {
  /** Namespaces whose stored rows contradict each other, until the process starts anew. */
  readonly corrupt: Map<NamespaceName, CatalogError>
  /** Namespaces of which the database lacks what was signed, when they were last looked at. */
  readonly rolledBack: Map<NamespaceName, CatalogError>
  /** Namespaces whose log holds the keys that sign it. */
  readonly published: Set<NamespaceName>
}

/** A log that a batch has grown and checked; its transaction has committed. */
export interface CheckedGrowth extends GrownLog {
  readonly tiles: readonly PlacedTile[]
}

/** Refusals that are about a namespace, not about this batch. */
const stopping: ReadonlySet<string> = new Set<ErrorCode>(['LOG_ROLLED_BACK', 'LOG_CORRUPT'])

const headBySize = lookupOf('tree_head', 'namespace', 'size')

/**
 * The namespaces of a batch that may not be written to, and why: before anything is read or written, under the
 * locks of their heads.
 */
export async function refusedNamespaces(
  tx: WriteTransaction,
  heads: ReadonlyMap<NamespaceName, Row<'log_head'>>,
  { signer, state }: { readonly signer: Signer; readonly state: DoorState },
): Promise<ReadonlyMap<NamespaceName, unknown>> {
  const refused = new Map<NamespaceName, unknown>()
  for (const [namespace, head] of heads) {
    const known = state.corrupt.get(namespace)
    if (known !== undefined) {
      refused.set(namespace, known)
      continue
    }
    try {
      if (head.size === 0) await signer.begin(namespace)
      await signer.check(namespace, storedLog(tx, head))
      state.rolledBack.delete(namespace)
    } catch (error) {
      if (!isCatalogError(error) || !stopping.has(error.code)) throw error
      refused.set(namespace, error)
      if (error.code === 'LOG_ROLLED_BACK') state.rolledBack.set(namespace, error)
    }
  }
  return refused
}

/** What a locked head says of its log; the root of its own size needs no look-up. */
function storedLog(tx: WriteTransaction, head: Row<'log_head'>): StoredLog {
  const { namespace, size } = head
  return {
    size,
    rootAt: async (at) => {
      if (at === size) return rootOf(readRange(head))
      const [row] = await tx.find(headBySize, [[namespace, at]])
      return row?.root
    },
  }
}

/**
 * Remembers and signs what a batch has committed, before anybody is told of it; gives the namespaces for which
 * that failed, and why. Their entries are stored, so the same requests later give the same answers.
 */
export async function sealBatch(
  database: Database,
  grown: readonly CheckedGrowth[],
  { signer, state }: { readonly signer: Signer; readonly state: DoorState },
): Promise<ReadonlyMap<NamespaceName, unknown>> {
  const cache = tileCacheOf(database.reader)
  const failed = new Map<NamespaceName, unknown>()
  const seal = async ({ namespace, from, head, tiles }: CheckedGrowth): Promise<void> => {
    cache.putBatch(namespace, { from, head })
    for (const { level, index, nodes } of tiles) cache.put(namespace, level, index, nodes)
    if (state.published.size >= PUBLISHED_MAX_COUNT) state.published.clear()
    state.published.add(namespace)
    try {
      await signer.remember(namespace, head)
      signer.sign(namespace, head)
    } catch (error) {
      failed.set(namespace, error)
    }
  }
  await Promise.all(grown.map(seal))
  return failed
}
