import type { BucketFindings } from './bucket.ts'
import type { Evidence, EvidenceDetail, TombstoneReason } from './checkpoint.ts'
import type { Digest } from './digest.ts'
import type { DrillCounts, Fault, Rehearsal } from './drill.ts'
import type { DrillId, JobName, Labels, LogIndex, Partition, PolicyName, RunId } from './names.ts'
import type { JobSpec, NamespaceSpec } from './namespace.ts'
import type { PolicySpec } from './policy.ts'
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
  | EnvironmentRecorded
  | RunOpened
  | RunClosed
  | CheckpointRegistered
  | EvidenceRecorded
  | CheckpointTombstoned
  | BucketProbed
  | HoldPlaced
  | HoldLifted
  | RetentionDecided
  | DrillRecorded
  | LogKeysPublished

export type EntryKind = Entry['kind']

/** The entry of one kind. */
export type EntryOf<Kind extends EntryKind> = Extract<Entry, { readonly kind: Kind }>
