import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { objectsOf } from '../../schema/manifest-objects.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Facts, Read } from '../log/facts.ts'
import { anyOf, newestOf } from '../store/lookup.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { read } from './lookups.ts'
import type { Standing } from './read-chain.ts'

/** Any sweep, in any namespace. */
const anySweep = anyOf('sweep')
/** Whether an object version was ever swept, in any namespace. */
export const sweepOfObject = newestOf('sweep', 'intent_index', 'object')

/** Catalogs of which this process knows that something was swept; that never ends. */
const sweptCatalogs = new WeakSet<Reader>()

/** What tells whether objects of a manifest were removed: one look, until the first sweep of the catalog. */
export function removalReads(db: Reader, manifest: Manifest): readonly Read[] {
  const objects = sweptCatalogs.has(db) ? objectsOf(manifest).keys() : []
  return [read(anySweep), ...[...objects].map((object) => read(sweepOfObject, object))]
}

/** Whether anything was ever swept. */
export function hasSweeps(db: Reader, facts: Facts): boolean {
  if (facts.find(anySweep, []) === undefined) return false
  sweptCatalogs.add(db)
  return true
}

/** Objects that are looked up at a time: below the parameters that either database takes. */
const OBJECTS_CHUNK_COUNT = 500

/** The sweeps of some objects, in all namespaces, that removed them or are about to. */
export async function readRemovals(
  db: Reader,
  objects: readonly Digest[],
): Promise<readonly Row<'sweep'>[]> {
  const found: Row<'sweep'>[] = []
  for (let from = 0; from < objects.length; from += OBJECTS_CHUNK_COUNT) {
    const rows = await db
      .selectFrom('sweep')
      .selectAll()
      .where('object', 'in', objects.slice(from, from + OBJECTS_CHUNK_COUNT))
      .where((eb) => eb.or([eb('outcome', 'is', null), eb('outcome', 'in', ['removed', 'absent'])]))
      .execute()
    found.push(...rows)
  }
  return found
}

/**
 * Refuses what has no bytes any more: a chain of which one checkpoint is being swept, or was.
 *
 * @throws {BLOBS_SWEPT}
 */
export async function refuseSwept(
  db: Reader,
  namespace: NamespaceName,
  chain: readonly Pick<Standing, 'digest' | 'tombstoned_index'>[],
): Promise<void> {
  const withdrawn = chain.filter((link) => link.tombstoned_index !== null)
  if (withdrawn.length === 0) return
  const row = await db
    .selectFrom('tombstone')
    .select(['checkpoint', 'sweep_index'])
    .where('namespace', '=', namespace)
    .where(
      'checkpoint',
      'in',
      withdrawn.map((link) => link.digest),
    )
    .where('sweep_index', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  if (row?.sweep_index === undefined || row.sweep_index === null) return
  throw blobsSwept(row.checkpoint, row.sweep_index)
}

/** The refusal of a checkpoint whose bytes are gone, or going. */
export function blobsSwept(checkpoint: Digest, index: LogIndex): CatalogError {
  return new CatalogError(
    'BLOBS_SWEPT',
    `The bytes of ${checkpoint} have been removed, from index ${index} on: its record stays, and nothing can be restored from it. Ask for the latest good one.`,
    { detail: { checkpoint, index } },
  )
}
