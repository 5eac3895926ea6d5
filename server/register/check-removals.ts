import { CatalogError } from '../../schema/errors.ts'
import { objectsOf } from '../../schema/manifest-objects.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Facts } from '../log/facts.ts'
import type { Row } from '../store/tables.ts'
import { read } from '../timeline/lookups.ts'
import { readRemovals, sweepOfObject } from '../timeline/read-sweeps.ts'

/** Removed objects that a refusal names. */
const NAMED_MAX_COUNT = 10

/**
 * Refuses objects that were removed, or are about to be, in whichever namespace. `again` are removals after which the
 * object was found to be there anew: a store whose versions are digests makes the same version for the same bytes.
 *
 * @throws {BLOBS_SWEPT}
 */
export async function checkRemovals(
  facts: Facts,
  manifest: Manifest,
  again: readonly Row<'sweep'>[],
): Promise<void> {
  const objects = [...objectsOf(manifest).keys()]
  await facts.load(objects.map((object) => read(sweepOfObject, object)))
  const swept = objects.filter((object) => facts.find(sweepOfObject, [object]) !== undefined)
  if (swept.length === 0) return
  const known = new Set(again.map(nameOf))
  const removals = await readRemovals(await facts.query(), swept)
  const removed = removals.filter((row) => row.outcome === null || !known.has(nameOf(row)))
  const [first] = removed
  if (first === undefined) return
  const isGoing = removed.some((row) => row.outcome === null)
  throw new CatalogError(
    'BLOBS_SWEPT',
    `${first.uri} at version ${first.version_id} ${isGoing ? 'is being removed' : 'was removed'}, and the checkpoint points at it: put the bytes again, then register what that gives.`,
    {
      detail: {
        objects: removed.slice(0, NAMED_MAX_COUNT).map(({ uri, version_id: versionId }) => ({
          uri,
          versionId,
        })),
        isGoing,
      },
    },
  )
}

const nameOf = (row: Row<'sweep'>): string =>
  [row.namespace, row.checkpoint, row.object, row.intent_index].join(' ')
