import { isCatalogError } from '../../schema/errors.ts'
import { objectsOf } from '../../schema/manifest-objects.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Context } from '../context.ts'
import type { Row } from '../store/tables.ts'
import { readRemovals } from '../timeline/read-sweeps.ts'

/** Longest that a store may take to say whether one object is there. */
const STORE_TIMEOUT_MS = 10_000
/** Objects of one manifest that are looked for: more is no job that puts a state again. */
const OBJECTS_MAX_COUNT = 100

/**
 * The removals of a manifest's objects after which every one of them is there again; undefined when one is not, or is
 * being removed now.
 */
export async function findReturned(
  { db, blobs }: Pick<Context, 'db' | 'blobs'>,
  manifest: Manifest,
): Promise<readonly Row<'sweep'>[] | undefined> {
  const objects = objectsOf(manifest)
  const removals = await readRemovals(db, [...objects.keys()])
  const gone = new Set(removals.map((row) => row.object))
  if (gone.size > OBJECTS_MAX_COUNT || removals.some((row) => row.outcome === null)) {
    return undefined
  }
  for (const object of gone) {
    const referred = objects.get(object)
    if (referred === undefined) return undefined
    try {
      const { store } = blobs.find(referred.uri, manifest.namespace)
      await store.stat(referred, AbortSignal.timeout(STORE_TIMEOUT_MS))
    } catch (error) {
      // What cannot be seen is not there: the refusal stands.
      if (isCatalogError(error) || isTimeout(error)) return undefined
      throw error
    }
  }
  return removals
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && error.name === 'TimeoutError'
