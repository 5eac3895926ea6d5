import type { Digest, RetentionDecision, SweepReport } from '../../../api.ts'

/** How the states of the jobs stood in their store when all had finished. */
export interface LookStory {
  /** Checkpoints that were verified, and those of them that did not pass. */
  readonly verifiedCount: number
  readonly blobCount: number
  readonly bytesRead: number
  readonly notPassed: readonly Digest[]
  readonly loss: LossStory
}

/** A version that was deleted behind the back of the catalog, and what that came to. */
export interface LossStory {
  readonly partition: string
  /** The checkpoint that lost its bytes, and its step. */
  readonly checkpoint: Digest
  readonly step: number
  /** What the verification said. */
  readonly outcome: string
  readonly fault: string | undefined
  /** What `latest` then answered, and why it passed over the other. */
  readonly latestStep: number | undefined
  readonly reason: string | undefined
  readonly stepBefore: number | undefined
}

/** What retention decided, and what became of the bytes. */
export interface ReleaseStory {
  readonly decisions: readonly RetentionDecision[]
  /** Checkpoints that the dry run withdrew all the same. */
  readonly withdrawnByDryRun: readonly Digest[]
  /** What was withdrawn in the end, by retention. */
  readonly withdrawn: readonly Digest[]
  /** Steps that `latest` answered before and after, by partition. */
  readonly latestBefore: ReadonlyMap<string, number>
  readonly latestAfter: ReadonlyMap<string, number>
  readonly foreseen: SweepReport
  readonly swept: SweepReport
  /** As the store itself says: versions that something needs and that are gone, and the other way round. */
  readonly neededCount: number
  readonly missing: readonly string[]
  readonly freeCount: number
  readonly remaining: readonly string[]
  /** Latest checkpoints of all jobs afterwards that did not pass. */
  readonly notPassed: readonly Digest[]
  readonly verifiedCount: number
  /** Code with which a plan from a swept checkpoint is refused, and whether its record is still there. */
  readonly sweptPlan: string
  readonly hasRecord: boolean
}
