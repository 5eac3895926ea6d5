import type { BucketFindings } from './bucket.ts'
import type { Evidence, EvidenceDetail, TombstoneReason } from './checkpoint.ts'
import type { Digest } from './digest.ts'
import type { DrillCounts, Fault, Rehearsal } from './drill.ts'
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
import type { Disagreement, ReconciledCounts } from './reconciliation.ts'
import type { AbandonReason } from './reservation.ts'
import type { Ownership, RestoreOutcome } from './restore.ts'
import type { Outcome, RestoredFrom } from './run.ts'
import type { Window } from './window.ts'

/** Most bytes of one document. */
export const DOCUMENT_MAX_BYTES = 8 * 1024 * 1024

/** What every entry says, beside its own facts. */
interface EntryBase {
  /** Version of this kind's shape; a reader upcasts older ones. */
  readonly v: 1
  /** When the server decided, RFC 3339 UTC: a claim of the server's clock, never an order. */
  readonly at: string
  /** Id of the principal that asked. */
  readonly actor: string
  /** What the entry is about: a name, a run id or a digest. */
  readonly subject: string
}

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
