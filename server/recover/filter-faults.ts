import type { SkipReason } from '../../schema/checkpoint.ts'
import { constraintOfManifest, type PlaceOf } from '../../schema/constraint.ts'
import type { Digest } from '../../schema/digest.ts'
import type { SortedFaults } from '../../schema/fault-rules.ts'
import type { Filter } from '../timeline/standing.ts'

/** What faults are seen against. */
export interface FaultView {
  readonly placeOf: PlaceOf
  /** What is the matter with an environment after the upgrades; null asks of a state that recorded none. */
  readonly faultOf: (environment: Digest | null) => SkipReason | undefined
}

/** Faults as a filter of candidates: what could not be used if they had happened. */
export function filterFaults(
  { corrupt, upgrades, unavailable }: SortedFaults,
  { placeOf, faultOf }: FaultView,
): Filter {
  const isDown = unavailable.regions.length > 0 || unavailable.buckets.length > 0
  return {
    byRow: ({ digest, environment }) => {
      if (corrupt.has(digest)) return 'EVIDENCE_FAILED'
      return upgrades.length === 0 ? undefined : faultOf(environment)
    },
    byManifest: isDown
      ? (manifest, isState) => constraintOfManifest(manifest, { unavailable }, { isState, placeOf })
      : undefined,
  }
}
