import type { CheckpointSummary } from '../api.ts'
import type { Style } from './screen.ts'
import { labelsText, type Column } from './table.ts'

/** How a checkpoint stands, in one word: its grade, or what makes it not good. */
export function standingOf(checkpoint: CheckpointSummary): string {
  if (checkpoint.tombstoned) return 'tombstoned'
  if (checkpoint.abandoned) return 'abandoned'
  return checkpoint.grade
}

/** How a checkpoint's standing stands out. */
export function standingStyle(checkpoint: CheckpointSummary): Style | undefined {
  if (checkpoint.tombstoned) return 'red'
  if (checkpoint.abandoned) return 'yellow'
  return checkpoint.grade === 'committed' ? undefined : 'green'
}

/** Columns of a list of checkpoints. */
export const checkpointColumns: readonly Column<CheckpointSummary>[] = [
  { title: 'INDEX', value: (row) => row.index, align: 'right' },
  { title: 'STEP', value: (row) => row.step, align: 'right' },
  { title: 'KIND', value: (row) => row.kind },
  { title: 'TIER', value: (row) => row.tier },
  { title: 'STANDING', value: standingOf, style: standingStyle },
  { title: 'JOB', value: (row) => row.job, minWidth: 8 },
  { title: 'PARTITION', value: (row) => row.partition, minWidth: 9 },
  { title: 'TRY', value: (row) => row.attempt, align: 'right' },
  { title: 'RUN', value: (row) => row.run, minWidth: 8 },
  { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
]

/** What the catalog says of a checkpoint, line by line. */
export function checkpointFacts(
  checkpoint: CheckpointSummary,
): readonly (readonly [label: string, value: string | number | undefined])[] {
  return [
    ['checkpoint', checkpoint.checkpoint],
    ['job', checkpoint.job],
    ['partition', checkpoint.partition],
    ['run', `${checkpoint.run}, attempt ${checkpoint.attempt}`],
    ['step', checkpoint.step],
    ['kind', checkpoint.kind],
    ['tier', checkpoint.tier],
    ['base', checkpoint.base],
    ['chain', checkpoint.chainLength === 1 ? undefined : checkpoint.chainLength],
    ['standing', standingOf(checkpoint)],
    ['registered', checkpoint.at],
    ['index', checkpoint.index],
    ['format', checkpoint.format],
    ['environment', checkpoint.environment],
    ['labels', labelsText(checkpoint.labels)],
  ]
}
