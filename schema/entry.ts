import type { BucketFindings } from './bucket.ts'
import type { Evidence, EvidenceDetail, TombstoneReason } from './checkpoint.ts'
import type { Digest } from './digest.ts'
import type { DriftVerdict } from './drift.ts'
import type { DrillCounts, Fault, Rehearsal } from './drill.ts'
import type { EntryBase } from './entry-base.ts'
import type { FormatFacts } from './format.ts'
import type { Kind, Tier } from './manifest.ts'
import type {
  DrillId,
  FormatName,
  JobName,
  Labels,
  LogIndex,
  Partition,
  PolicyName,
  ReservationId,
  RunId,
} from './names.ts'
import type { JobSpec, NamespaceSpec } from './namespace.ts'
import type { PolicySpec } from './policy.ts'
import type { Disagreement, InventoryFacts, ReconciledCounts } from './reconciliation.ts'
import type { AbandonReason } from './reservation.ts'
import type { Ownership, RestoreOutcome } from './restore.ts'
import type {
  HoldLifted,
  HoldPlaced,
  RetentionDecided,
  SweepIntended,
  SweepRecorded,
} from './retention-entry.ts'
import type { Outcome, RestoredFrom } from './run.ts'
import type { Window } from './window.ts'

/** Most bytes of one document. */
export const DOCUMENT_MAX_BYTES = 8 * 1024 * 1024

export interface NamespaceDeclared extends EntryBase {
  readonly kind: 'namespace.declared'
  readonly spec: NamespaceSpec
}

export interface JobDeclared extends EntryBase {
  readonly kind: 'job.declared'
  readonly subject: JobName
  readonly spec: JobSpec
}

export interface PolicySet extends EntryBase {
  readonly kind: 'policy.set'
  readonly subject: PolicyName
  readonly spec: PolicySpec
}

/** The JSON Schema of the metadata is the document with the digest `schema`. */
export interface FormatPublished extends EntryBase, FormatFacts {
  readonly kind: 'format.published'
  readonly subject: FormatName
  readonly version: string
  readonly schema: Digest
}

export interface EnvironmentRecorded extends EntryBase {
  readonly kind: 'environment.recorded'
  readonly subject: Digest
}

export interface RunOpened extends EntryBase {
  readonly kind: 'run.opened'
  readonly subject: RunId
  readonly job: JobName
  readonly partition: Partition
  readonly attempt: number
  readonly restoredFrom?: RestoredFrom
  readonly environment?: Digest
  readonly labels?: Labels
  /** What the partition is about; on the first run that says so. */
  readonly window?: Window
  /** That it goes back on purpose, and leaves newer states behind. */
  readonly rewind?: true
  /** How what it runs differs from what made the state that it goes on from, where that was compared. */
  readonly drift?: {
    readonly verdict: DriftVerdict
    readonly difference: Digest
    readonly ruleSet: Digest
  }
}

export interface RunClosed extends EntryBase {
  readonly kind: 'run.closed'
  readonly subject: RunId
  readonly outcome: Outcome
  readonly note?: string
}

/**
 * The manifest is the document with the subject's digest: the entry binds all it says, and repeats none of
 * it, because a log of a million checkpoints is kept for ever.
 */
export interface CheckpointRegistered extends EntryBase {
  readonly kind: 'checkpoint.registered'
  readonly subject: Digest
  /** Checkpoints a restore needs, this one included. */
  readonly chainLength: number
  /** What the run restored from, on its first checkpoint. */
  readonly restoredFrom?: Digest
  /** The reservation under which its shards were put; it ends with this. */
  readonly reservation?: ReservationId
}

/** Several workers begin to assemble a checkpoint; what they put is in no entry before they are done. */
export interface ReservationOpened extends EntryBase {
  readonly kind: 'reservation.opened'
  readonly subject: ReservationId
  readonly job: JobName
  readonly partition: Partition
  readonly run: RunId
  readonly attempt: number
  readonly step: number
  /** Of the checkpoint, as `kind` is the entry's own. */
  readonly checkpointKind: Kind
  readonly tier: Tier
  readonly worldSize: number
  /** Digest of the manifest without its shards. */
  readonly manifest: Digest
  /** When the lease ends without a sign of life. */
  readonly leaseUntil: string
}

/** A reservation ended without a checkpoint; what was put is left behind. */
export interface ReservationAbandoned extends EntryBase {
  readonly kind: 'reservation.abandoned'
  readonly subject: ReservationId
  readonly reason: AbandonReason
  readonly note?: string
  readonly shardCount: number
  readonly blobCount: number
  readonly blobBytes: number
  /** The same manifest, registered without the reservation: then nothing is left behind. */
  readonly checkpoint?: Digest
}

export interface EvidenceRecorded extends EntryBase {
  readonly kind: 'evidence.recorded'
  readonly subject: Digest
  readonly finding: Evidence['finding']
  readonly outcome: Evidence['outcome']
  readonly method: string
  readonly note?: string
  /** Bytes that were read for it. */
  readonly bytes?: number
  readonly durationMs?: number
  readonly detail?: EvidenceDetail
}

/** How a bucket and the catalog agreed; the subject is the bucket's name in the configuration. */
export interface BucketReconciled extends EntryBase {
  readonly kind: 'bucket.reconciled'
  readonly counts: ReconciledCounts
  /** The first of what they did not agree in. */
  readonly examples: readonly Disagreement[]
  /** Set when an inventory was compared, and not the bucket's own listing. */
  readonly inventory?: InventoryFacts
  /** Set when it went on behind an earlier one: the counts are of the rest. */
  readonly isContinued?: true
}

/** A recovery begins. */
export interface RestoreOpened extends EntryBase {
  readonly kind: 'restore.opened'
  readonly subject: Digest
  readonly restore: string
  readonly job: JobName
  readonly partition: Partition
  readonly ownership: Ownership
  readonly run?: RunId
}

/** Somebody goes on from a state in spite of exactly this difference. */
export interface DriftAcknowledged extends EntryBase {
  readonly kind: 'drift.acknowledged'
  readonly subject: Digest
  readonly job: JobName
  readonly difference: Digest
  readonly ruleSet: Digest
  /** The state's environment, and the one of who goes on. */
  readonly recorded?: Digest
  readonly current?: Digest
  readonly note: string
}

/** How it ended. What that says of bytes is evidence, in entries of its own. */
export interface RestoreRecorded extends EntryBase, RestoreOutcome {
  readonly kind: 'restore.recorded'
  readonly subject: Digest
  readonly restore: string
}

/** The subject is the bucket's name in the configuration. */
export interface BucketProbed extends EntryBase {
  readonly kind: 'bucket.probed'
  readonly findings: BucketFindings
}

export interface CheckpointTombstoned extends EntryBase {
  readonly kind: 'checkpoint.tombstoned'
  readonly subject: Digest
  readonly reason: TombstoneReason
  readonly note?: string
  readonly successor?: Digest
}

/** A rehearsal: what was planned under faults that did not happen, or what came of a restore into a scratch folder. */
export interface DrillRecorded extends EntryBase {
  readonly kind: 'drill.recorded'
  readonly subject: DrillId
  /** None for a whole namespace. */
  readonly job?: JobName
  readonly partition?: Partition
  readonly faults: readonly Fault[]
  readonly planned?: {
    readonly asOf: LogIndex
    readonly counts: DrillCounts
    /** Digest of what was found, which the same drill as of the same entry finds again. */
    readonly findings: Digest
    /** Whether it was all of what was asked for, and not one page of it. */
    readonly isWhole: boolean
  }
  readonly rehearsed?: Rehearsal
}

/**
 * The keys that a log is signed with, told by the log itself: behind the first entry, and whenever they
 * change. Each key is a C2SP verifier key; those that no longer sign are still good for older heads.
 */
export interface LogKeysPublished extends EntryBase {
  readonly kind: 'log-key.published'
  readonly keys: readonly { readonly key: string; readonly signs: boolean }[]
}

/** The closed union of what can ever be appended to a namespace's log. */
export type Entry =
  | NamespaceDeclared
  | JobDeclared
  | PolicySet
  | FormatPublished
  | EnvironmentRecorded
  | RunOpened
  | RunClosed
  | CheckpointRegistered
  | EvidenceRecorded
  | CheckpointTombstoned
  | BucketProbed
  | BucketReconciled
  | RestoreOpened
  | DriftAcknowledged
  | RestoreRecorded
  | HoldPlaced
  | HoldLifted
  | RetentionDecided
  | SweepIntended
  | SweepRecorded
  | ReservationOpened
  | ReservationAbandoned
  | DrillRecorded
  | LogKeysPublished

export type EntryKind = Entry['kind']

/** The entry of one kind. */
export type EntryOf<Name extends EntryKind> = Extract<Entry, { readonly kind: Name }>
