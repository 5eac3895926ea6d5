import type { WriteTransaction } from '../store/database.ts'
import { openFacts } from './facts.ts'
import { project, type Projection, type Recorded } from './projection.ts'

/** Writes what projections make of entries that are already in the log, in their order. */
export async function projectBatch(
  tx: WriteTransaction,
  projections: readonly Projection[],
  batch: readonly Recorded[],
): Promise<void> {
  const facts = openFacts(tx)
  for (const recorded of batch) facts.apply(project(projections, recorded))
  await facts.flush()
}
