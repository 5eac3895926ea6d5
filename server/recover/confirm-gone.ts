import { isCatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { RESTORE_FAILURES_MAX_COUNT, type RestoreFailure } from '../../schema/restore.ts'
import type { BlobStores, PinnedObject } from '../store/blob-store.ts'

/** Longest that a store may take: whoever reports waits for it. */
const STORE_TIMEOUT_MS = 5_000

/**
 * The failures that say something of bytes. Whoever read other bytes has seen them. Whoever found nothing may have looked
 * in the wrong place, so that the catalog looks for itself: it counts only where the store of the configuration says so
 * too.
 */
export async function confirmGone(
  blobs: BlobStores,
  namespace: NamespaceName,
  failures: readonly RestoreFailure[],
): Promise<readonly RestoreFailure[]> {
  const looked = await Promise.all(
    failures
      .slice(0, RESTORE_FAILURES_MAX_COUNT)
      .map(async (failure) =>
        failure.code !== 'BLOB_NOT_FOUND' || (await isGone(blobs, namespace, failure))
          ? [failure]
          : [],
      ),
  )
  return looked.flat()
}

async function isGone(
  blobs: BlobStores,
  namespace: NamespaceName,
  { uri, versionId }: PinnedObject,
): Promise<boolean> {
  try {
    const { store } = blobs.find(uri, namespace)
    await store.stat({ uri, versionId }, AbortSignal.timeout(STORE_TIMEOUT_MS))
    return false
  } catch (error) {
    // A store that is away, slow or not of the configuration has not said that anything is gone.
    if (isCatalogError(error)) return error.code === 'BLOB_NOT_FOUND'
    if (error instanceof Error && error.name === 'TimeoutError') return false
    throw error
  }
}
