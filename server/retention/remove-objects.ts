import { isCatalogError } from '../../schema/errors.ts'
import type { SweepOutcome } from '../../schema/retention-entry.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { SweepLeft } from '../../schema/sweep.ts'
import type { Context } from '../context.ts'
import type { DueObject } from './choose-due.ts'

/** Calls of a store at a time: a store answers in some 30 ms, and must keep answering others. */
const CONCURRENCY_COUNT = 8
/** Longest that one call of a store may take. */
const STORE_TIMEOUT_MS = 30_000

/** How the removal of one object ended, or why it did not. */
export type Removed =
  | { readonly object: DueObject; readonly outcome: SweepOutcome }
  | { readonly object: DueObject; readonly left: SweepLeft }

/** What to do with each object: look whether it could be removed, or remove it. */
export type Step = 'look' | 'remove'

/**
 * Removes objects that checkpoints of a namespace refer to, or looks whether that would be possible; a few at a time, in their order. A store that fails is no
 * failure of the rest.
 */
export async function removeObjects(
  { blobs, nowMs }: Pick<Context, 'blobs' | 'nowMs'>,
  objects: readonly DueObject[],
  { namespace, step }: { readonly namespace: NamespaceName; readonly step: Step },
): Promise<readonly Removed[]> {
  const removed: Removed[] = []
  for (let from = 0; from < objects.length; from += CONCURRENCY_COUNT) {
    const together = objects.slice(from, from + CONCURRENCY_COUNT)
    removed.push(
      ...(await Promise.all(
        together.map(async (object) => {
          try {
            const { store } = blobs.find(object.uri, namespace)
            const signal = AbortSignal.timeout(STORE_TIMEOUT_MS)
            if (step === 'remove') return { object, outcome: await store.remove(object, signal) }
            const { lock, legalHold } = await store.stat(object, signal)
            const isLocked = legalHold || (lock && Date.parse(lock.retainUntil) > nowMs())
            return isLocked
              ? leftBy(object, 'BLOB_LOCKED', 'An object lock keeps it.')
              : { object, outcome: 'removed' as const }
          } catch (error) {
            return whyNot(object, step, error)
          }
        }),
      )),
    )
  }
  return removed
}

function whyNot(object: DueObject, step: Step, error: unknown): Removed {
  if (!isCatalogError(error)) {
    // A call that took too long ends with a plain error of the runtime.
    const isTimeout = error instanceof Error && error.name === 'TimeoutError'
    if (isTimeout) return leftBy(object, 'STORE_UNAVAILABLE', 'The store did not answer in time.')
    throw error
  }
  const { code, message } = error
  if (code === 'BLOB_NOT_FOUND') return { object, outcome: 'absent' }
  if (code === 'BLOB_LOCKED' && step === 'remove') return { object, outcome: 'locked' }
  return leftBy(object, code, message)
}

const leftBy = (object: DueObject, code: string, message: string): Removed => {
  const { checkpoint, uri, versionId } = object
  return { object, left: { checkpoint, uri, versionId, code, message } }
}
