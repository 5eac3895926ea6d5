import type { SkipReason } from './checkpoint.ts'
import type { Digest } from './digest.ts'
import type { Fault } from './drill.ts'
import type { Environment } from './environment.ts'

/** The section in which libraries are looked for when a fault names none. */
const LIBRARIES_SECTION = 'dependencies'

/** The fact of captured environments that has the digests of lock files. */
const LOCK_FILES = 'lockFiles'

export type LibraryUpgraded = Extract<Fault, { readonly fault: 'library-upgraded' }>
export type PolicyChanged = Extract<Fault, { readonly fault: 'policy-changed' }>

/** Faults by what they are about. */
export interface SortedFaults {
  readonly corrupt: ReadonlySet<Digest>
  readonly upgrades: readonly LibraryUpgraded[]
  readonly policies: readonly PolicyChanged[]
  readonly unavailable: { readonly regions: readonly string[]; readonly buckets: readonly string[] }
}

/** Sorts faults by what they are about. */
export function sortFaults(faults: readonly Fault[]): SortedFaults {
  const corrupt = new Set<Digest>()
  const upgrades: LibraryUpgraded[] = []
  const policies: PolicyChanged[] = []
  const regions: string[] = []
  const buckets: string[] = []
  for (const fault of faults) {
    switch (fault.fault) {
      case 'checkpoint-corrupt':
        corrupt.add(fault.checkpoint)
        break
      case 'library-upgraded':
        upgrades.push(fault)
        break
      case 'policy-changed':
        policies.push(fault)
        break
      case 'region-lost':
        regions.push(fault.region)
        break
      case 'bucket-unreadable':
        buckets.push(fault.bucket)
        break
    }
  }
  return { corrupt, upgrades, policies, unavailable: { regions, buckets } }
}

/**
 * Why what was made in an environment would not load after upgrades. What recorded no environment, not that
 * section of it, or lock files that do not name the library, is unknown, and never taken for the same.
 */
export function faultOfEnvironment(
  environment: Environment | undefined,
  upgrades: readonly LibraryUpgraded[],
): SkipReason | undefined {
  for (const { section = LIBRARIES_SECTION, library, version } of upgrades) {
    const facts = environment?.sections[section]
    if (facts === undefined) return 'ENVIRONMENT_UNKNOWN'
    const had = facts[library]
    // Lock files of which only digests are known may pin what is not listed by name.
    if (had === undefined && facts[LOCK_FILES] !== undefined) return 'ENVIRONMENT_UNKNOWN'
    // A section that lists other libraries, and no lock files, says that this one was not there.
    if (had !== undefined && had !== version) return 'ENVIRONMENT_DIFFERS'
  }
  return undefined
}
