import type { CoverageStretch } from '../../schema/coverage.ts'
import type { Partition } from '../../schema/names.ts'
import { formatWindow, type WindowMs } from '../../schema/window.ts'

/** How far a range is covered by the windows seen so far, and whose window reaches there. */
export interface Reached {
  readonly coveredToMs: number
  readonly by: Partition
}

/** Stretches of a range that some windows make, in their order, and how far they reach. */
export interface Covered {
  readonly stretches: readonly CoverageStretch[]
  readonly reached: Reached
}

/** A window of a range, and what there is for it. */
export interface FoundWindow extends WindowMs {
  readonly partition: Partition
  readonly found: (window: { readonly from: string; readonly to: string }) => CoverageStretch
}

/**
 * The stretches that windows make of a range, each cut to it: what is between them, where they overlap, and
 * each of them.
 *
 * @param windows In the order of their beginnings.
 * @param reached What windows before these have reached; at first, the range's beginning.
 * @param isLast Whether none comes after them, so that the rest of the range is missing.
 */
export function coverRange(
  range: WindowMs,
  windows: readonly FoundWindow[],
  { reached, isLast }: { readonly reached: Reached; readonly isLast: boolean },
): Covered {
  const stretches: CoverageStretch[] = []
  let { coveredToMs, by } = reached
  for (const window of windows) {
    const fromMs = Math.max(window.fromMs, range.fromMs)
    const toMs = Math.min(window.toMs, range.toMs)
    if (fromMs > coveredToMs) stretches.push(gapBetween(coveredToMs, fromMs))
    // Where nothing has been reached yet, there is nothing to overlap with.
    if (fromMs < coveredToMs) {
      stretches.push({
        state: 'overlapping',
        ...formatWindow({ fromMs, toMs: Math.min(toMs, coveredToMs) }),
        partitions: [by, window.partition],
      })
    }
    stretches.push(window.found(formatWindow({ fromMs, toMs })))
    if (toMs > coveredToMs) {
      coveredToMs = toMs
      by = window.partition
    }
  }
  if (isLast && coveredToMs < range.toMs) stretches.push(gapBetween(coveredToMs, range.toMs))
  return { stretches, reached: { coveredToMs, by } }
}

/** A stretch that no window is about. */
function gapBetween(fromMs: number, toMs: number): CoverageStretch {
  return { state: 'missing', ...formatWindow({ fromMs, toMs }), reason: 'NO_WINDOW' }
}
