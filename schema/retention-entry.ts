import type { Digest } from './digest.ts'
import type { EntryBase } from './entry-base.ts'
import type { JobName, LogIndex, Partition, PolicyName } from './names.ts'

export interface HoldPlaced extends EntryBase {
  readonly kind: 'hold.placed'
  readonly subject: Digest
  readonly hold: string
  readonly reason: string
  readonly until?: string
  /** Where the hold of the same name was placed that this one replaces. */
  readonly replaces?: LogIndex
}

export interface HoldLifted extends EntryBase {
  readonly kind: 'hold.lifted'
  readonly subject: Digest
  readonly hold: string
  /** Where it was placed. */
  readonly placed: LogIndex
}

/**
 * A retention run. What it decided about each checkpoint follows from the log up to `asOf`, the time and the scope:
 * a log of a million checkpoints is kept for ever, and must not repeat them with each run.
 */
export interface RetentionDecided extends EntryBase {
  readonly kind: 'retention.decided'
  readonly dryRun: boolean
  readonly job?: JobName
  readonly partition?: Partition
  readonly policy?: PolicyName
  readonly asOf: LogIndex
  readonly moment: string
  readonly keptCount: number
  readonly droppedCount: number
  readonly droppedBytes: number
  /** SHA-256 over a line of digest, decision and reason codes for each checkpoint. */
  readonly decisions: Digest
}

/** Said before an object version is removed: from here on nothing new may refer to it. */
export interface SweepIntended extends EntryBase {
  readonly kind: 'sweep.intended'
  /** The withdrawn checkpoint for which it goes. */
  readonly subject: Digest
  readonly uri: string
  readonly versionId: string
  /** On the first one of a checkpoint: it can be restored no more. */
  readonly begins?: true
}

/** `kept`: something was found to need it after all. */
export type SweepOutcome = 'removed' | 'absent' | 'locked' | 'kept'

/** How the removal of an object version ended. */
export interface SweepRecorded extends EntryBase {
  readonly kind: 'sweep.recorded'
  readonly subject: Digest
  readonly uri: string
  readonly versionId: string
  readonly outcome: SweepOutcome
  /** On the last one of a checkpoint: nothing of it is left. */
  readonly ends?: true
}
