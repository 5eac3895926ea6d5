import { isCatalogError, type CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Signer } from '../signing/signer.ts'
import type { Reader } from '../store/database.ts'
import type { DoorState } from './guard-batch.ts'

/** Logs that are looked at together: a shared memory answers over few connections. */
const CHUNK_COUNT = 16
/** A stopped log that is asked about is looked at again no sooner: somebody may have repaired it. */
const LOOK_AGAIN_MS = 5_000

/** Logs that are read and not written to. */
export interface StoppedLogs {
  /** Why a log is stopped, as far as this process knows; undefined for one that is not. */
  of(namespace: string | undefined): CatalogError | undefined
  /** Looks at those again that are known to be stopped, and gives what still is. */
  examine(): Promise<ReadonlyMap<NamespaceName, CatalogError>>
  /** Looks at every log of the database. */
  examineAll(): Promise<ReadonlyMap<NamespaceName, CatalogError>>
}

/** What finds stopped logs. */
export interface StoppedOptions {
  readonly db: Reader
  readonly signer: Signer
  readonly state: DoorState
  readonly nowMs: () => number
  readonly onFailure: (error: unknown) => void
}

/** Opens the list of stopped logs, which the write door keeps too. */
export function openStoppedLogs(options: StoppedOptions): StoppedLogs {
  const { db, signer, state, nowMs, onFailure } = options
  let lookedMs = nowMs()

  const look = async (namespace: NamespaceName): Promise<void> => {
    try {
      await signer.examine(namespace)
      state.rolledBack.delete(namespace)
    } catch (error) {
      if (isCatalogError(error) && error.code === 'LOG_ROLLED_BACK') {
        state.rolledBack.set(namespace, error)
      } else onFailure(error)
    }
  }
  const lookAt = async (
    namespaces: readonly NamespaceName[],
  ): Promise<ReadonlyMap<NamespaceName, CatalogError>> => {
    lookedMs = nowMs()
    for (let from = 0; from < namespaces.length; from += CHUNK_COUNT) {
      await Promise.all(namespaces.slice(from, from + CHUNK_COUNT).map(look))
    }
    return new Map([...state.rolledBack, ...state.corrupt])
  }
  return {
    of: (namespace) => {
      if (state.corrupt.size + state.rolledBack.size === 0) return undefined
      const all = [...state.corrupt, ...state.rolledBack]
      const [, stopped] = all.find(([name]) => name === namespace) ?? []
      if (stopped !== undefined && nowMs() - lookedMs > LOOK_AGAIN_MS) {
        lookAt([...state.rolledBack.keys()]).catch(onFailure)
      }
      return stopped
    },
    examine: () => lookAt([...state.rolledBack.keys()]),
    examineAll: async () => {
      const query = db.selectFrom('log_head').select('namespace').where('size', '>', 0)
      return lookAt((await query.execute()).map((row) => row.namespace))
    },
  }
}
