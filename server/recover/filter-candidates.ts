import { constraintOfManifest, constraintOfRow, type Constraints } from '../../schema/constraint.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { rememberPlaces } from '../timeline/blob-place.ts'
import { readProbes } from '../timeline/read-probes.ts'
import type { Filter } from '../timeline/standing.ts'

/** Of when constraints are asked. */
export interface Moment {
  readonly namespace: NamespaceName
  readonly asOf: LogIndex
  /** The moment at which age is counted. */
  readonly momentMs: number
}

/** Constraints as a filter of candidates, which reads no more of them than it needs; undefined without any. */
export async function filterCandidates(
  { db, blobs }: Pick<Context, 'db' | 'blobs'>,
  constraints: Constraints,
  { namespace, asOf, momentMs }: Moment,
): Promise<Filter | undefined> {
  const { formats, unavailable, worldSize, maxStep, maxAgeSeconds } = constraints
  const needsManifest =
    formats !== undefined || unavailable !== undefined || worldSize !== undefined
  if (!needsManifest && maxStep === undefined && maxAgeSeconds === undefined) return undefined
  // What is down may be named by a region that only a probe has told.
  const probes = unavailable === undefined ? new Map() : await readProbes(db, namespace, asOf)
  const placeOf = rememberPlaces(blobs, probes, namespace)
  return {
    byRow: (row, isState) => (isState ? constraintOfRow(row, constraints, momentMs) : undefined),
    byManifest: needsManifest
      ? (manifest, isState) => constraintOfManifest(manifest, constraints, { isState, placeOf })
      : undefined,
  }
}
