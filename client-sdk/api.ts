// Written from schema/operations.ts by `npm run openapi`; changes here are lost.

import type { Json, JsonObject } from '../schema/canonical-json.ts'
import type { ErrorCode as CatalogErrorCode } from '../schema/errors.ts'

export type { Json, JsonObject } from '../schema/canonical-json.ts'

/**
 * `expired`: the lease ended. `fenced`: a newer attempt was opened. `superseded`: the same
 * manifest was registered without it.
 */
export type AbandonReason = 'expired' | 'asked' | 'fenced' | 'run-closed' | 'superseded'

/** What `abandonReservation` takes. */
export interface AbandonReservation {
  readonly note?: Note
}

/** What `previewRewind` answers. */
export interface Abandoned {
  readonly count: number
  /** The newest of them, newest first. */
  readonly checkpoints: readonly AbandonedCheckpoint[]
}

/** Part of {@link Abandoned}. */
export interface AbandonedCheckpoint {
  readonly checkpoint: Digest
  readonly run: RunId
  readonly step: Step
  readonly kind: Kind
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
}

/** Part of {@link AccessPage}. */
export interface AccessEnd {
  /** Records of the access log. */
  readonly count: number
  /** Hash of the newest record, base64; empty where there is none. */
  readonly hash: string
}

/** What `listAccessLog` answers. */
export interface AccessPage {
  readonly items: readonly AccessRecord[]
  readonly next: string | null
  readonly end: AccessEnd
}

/** Part of {@link AccessPage}. */
export interface AccessRecord {
  /** From 0, without gaps. */
  readonly sequence: number
  /**
   * Hash of the record before, base64; of the first, SHA-256 of `cairn access log v1`, a line
   * feed, the namespace and a line feed.
   */
  readonly previous: string
  /** SHA-256 over the bytes of `previous` and of `body`, base64. */
  readonly hash: string
  /**
   * Canonical JSON (RFC 8785): `v`, `at`, and `lines` of equal requests with their outcome
   * (`appended`, `unchanged`, `refused`, `denied`), count, principal, operation, grant, and
   * the entries made or the code; `dropped` counts denials that were too many to keep.
   */
  readonly body: string
}

/** What `acknowledgeDrift` takes. */
export interface AcknowledgeDrift {
  readonly checkpoint: Digest
  readonly caller: Caller
  readonly note: Note
}

/** Part of {@link FormatReading}. */
export interface AppliedUpcast {
  readonly from: FormatVersionName
  readonly to: FormatVersionName
  readonly patch: readonly PatchOperation[]
}

/** Number of the run for its job and partition, 1, 2, 3…: the fencing token. */
export type Attempt = number

/** Part of {@link BatchResult}. */
export interface BatchRefused {
  readonly status: 'refused'
  readonly problem: Problem
}

/** Part of {@link BatchResult}. */
export interface BatchRegistered {
  readonly status: 'registered'
  readonly receipt: Receipt
}

/** Part of {@link BatchResults}. */
export type BatchResult = BatchRegistered | BatchRefused

/** What `registerCheckpoints` answers. */
export interface BatchResults {
  readonly results: readonly BatchResult[]
}

/** Which values are the best. */
export type BestOrder = 'lowest' | 'highest'

/** Part of {@link BlobReference}. */
export interface BlobChecksum {
  readonly algorithm: ChecksumAlgorithm
  /** Base64; over the full object, never one over its parts. */
  readonly value: string
}

/** Part of {@link BlobReference}. */
export interface BlobCopy {
  /**
   * Where the bytes are, such as `s3://bucket/key` or `file:///…`. Behind `s3://bucket/`
   * stands the key as it is, with nothing encoded: `%20` there is a key with a percent sign.
   */
  readonly uri: string
  /**
   * The object version, opaque and compared exactly. A missing or `null` version is refused:
   * such an object can be overwritten.
   */
  readonly versionId: string
  readonly region?: Region
}

/** Part of {@link EvidenceDetail}. */
export interface BlobFault {
  readonly code: FaultCode
  readonly rank: number
  readonly name: string
  readonly uri: string
  readonly versionId: string
  readonly message: string
}

/** Part of {@link PutShard}. */
export interface BlobReference {
  /** Name within its shard, such as `model.bin`; unique there. */
  readonly name: string
  /**
   * Where the bytes are, such as `s3://bucket/key` or `file:///…`. Behind `s3://bucket/`
   * stands the key as it is, with nothing encoded: `%20` there is a key with a percent sign.
   */
  readonly uri: string
  /**
   * The object version, opaque and compared exactly. A missing or `null` version is refused:
   * such an object can be overwritten.
   */
  readonly versionId: string
  readonly sizeBytes: number
  readonly digest: Digest
  readonly checksum?: BlobChecksum
  readonly copies?: readonly BlobCopy[]
}

/** Part of {@link Buckets}. */
export interface Bucket {
  readonly bucket: BucketName
  readonly region?: string
  readonly probe?: RecordedProbe
}

/** Part of {@link FeatureFinding}. */
export type BucketFeature =
  | 'versions'
  | 'marked-versions'
  | 'unknown-version'
  | 'md5-check'
  | 'sha256-check'
  | 'sha256-attestation'
  | 'crc64nvme-attestation'
  | 'conditional-create'
  | 'conditional-create-race'
  | 'conditional-replace'
  | 'streamed-upload'
  | 'trailing-checksum-upload'
  | 'object-attributes'
  | 'presigned-download'
  | 'presigned-upload-check'
  | 'object-lock'

/** Part of {@link BucketProbe}. */
export interface BucketFindings {
  readonly versioning: BucketVersioning
  readonly features: readonly FeatureFinding[]
  readonly objectLock?: BucketLock
  readonly encryption?: Encryption
  /** Rules that threaten what checkpoints point at; null when they cannot be read. */
  readonly lifecycle: readonly LifecycleThreat[] | null
  readonly region?: string
  /** Scratch versions that could not be removed yet; the next probe removes them. */
  readonly leftovers: number
}

/** That the bucket says it has object lock, and its default retention. */
export interface BucketLock {
  readonly mode?: LockMode
  readonly days?: number
}

/** A bucket's name in the configuration of the catalog. */
export type BucketName = string

/** What `probeBucket` answers. */
export interface BucketProbe {
  readonly namespace: NamespaceName
  readonly bucket: BucketName
  readonly findings: BucketFindings
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Part of {@link Fault}. */
export interface BucketUnreadable {
  readonly fault: 'bucket-unreadable'
  /**
   * Its name in the catalog's configuration, or what its URIs begin with, such as
   * `s3://states`.
   */
  readonly bucket: string
}

/** Part of {@link BucketFindings}. */
export type BucketVersioning = 'enabled' | 'suspended' | 'off' | 'unknown'

/** What `listBuckets` answers. */
export interface Buckets {
  readonly items: readonly Bucket[]
}

/**
 * What the run runs: it is held to how that differs from what made the state. Its
 * environment is that of the run, unless it names another.
 */
export interface Caller {
  /** A document, or the digest of one that is recorded. */
  readonly environment?: Digest | Environment
  readonly parameters?: JsonMap
  readonly inputs?: readonly InputPin[]
  readonly worldSize?: number
  readonly format?: Format
}

/** Part of {@link SectionComparison}. */
export interface Change {
  /** RFC 6901 JSON pointer within the section. */
  readonly path: string
  readonly left?: JsonValue
  readonly right?: JsonValue
}

/** What changed since the version before, for people. */
export type Changelog = string

/** What `getCheckpoint` answers. */
export interface Checkpoint {
  readonly checkpoint: Digest
  readonly index: LogIndex
  readonly at: Timestamp
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly run: RunId
  readonly attempt: Attempt
  readonly step: Step
  readonly kind: Kind
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly base?: Digest
  /** Checkpoints a restore needs, this one included. */
  readonly chainLength: number
  readonly environment?: Digest
  readonly format?: string
  readonly labels?: Labels
  readonly grade: Grade
  readonly abandoned: boolean
  readonly tombstoned: boolean
  /** Whether `latest` would accept it at grade `committed`. */
  readonly good: boolean
  readonly why?: Skipped
  readonly tombstone?: Tombstone
  readonly sweep?: SweepState
}

/** Part of {@link Fault}. */
export interface CheckpointCorrupt {
  readonly fault: 'checkpoint-corrupt'
  readonly checkpoint: Digest
}

/** What `listCheckpoints` answers. */
export interface CheckpointPage {
  readonly items: readonly CheckpointSummary[]
  readonly next: string | null
}

/** What `getReceipt` answers. */
export interface CheckpointReceipt {
  readonly checkpoint: Digest
  readonly index: LogIndex
  /** The exact bytes of the entry, base64. */
  readonly entry: string
  /** C2SP tlog-proof: index, path and signed tree head. */
  readonly proof: string
}

/** Part of {@link CheckpointPage}. */
export interface CheckpointSummary {
  readonly checkpoint: Digest
  readonly index: LogIndex
  readonly at: Timestamp
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly run: RunId
  readonly attempt: Attempt
  readonly step: Step
  readonly kind: Kind
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly base?: Digest
  /** Checkpoints a restore needs, this one included. */
  readonly chainLength: number
  readonly environment?: Digest
  readonly format?: string
  readonly labels?: Labels
  readonly grade: Grade
  readonly abandoned: boolean
  readonly tombstoned: boolean
}

/** Part of {@link BlobChecksum}. */
export type ChecksumAlgorithm = 'CRC64NVME' | 'CRC32C' | 'CRC32' | 'SHA1' | 'SHA256'

/** What `closeRestore` takes. */
export interface CloseRestore {
  readonly outcome: Outcome
  /** Whether the size and digest of every blob were found to be those of the plan. */
  readonly checked: boolean
  /** Bytes that were fetched; what was there already is not counted. */
  readonly bytes: number
  readonly durationMs: number
  readonly sources?: readonly RestoreSource[]
  readonly failures?: readonly RestoreFailure[]
  readonly note?: Note
}

/** What `closeRun` takes. */
export interface CloseRun {
  readonly outcome: Outcome
  readonly note?: Note
}

/** What `compareCheckpoints` answers. */
export interface Comparison {
  readonly left: Digest
  readonly right: Digest
  readonly verdict: Verdict
  readonly sections: readonly SectionComparison[]
}

/**
 * Checked against the version published before. `backward`: what fits the older schema fits
 * the newer. `forward`: the other way round. `full`: both. `expand-only`: optional members
 * are added, and nothing else changes. `none`: nothing is checked.
 */
export type Compatibility = 'backward' | 'forward' | 'full' | 'expand-only' | 'none'

/** What `getConsistencyProof` answers. */
export interface ConsistencyProof {
  /** A number of entries; any size that the log has had, not only those of signed heads. */
  readonly from: number
  /** A number of entries; any size that the log has had, not only those of signed heads. */
  readonly to: number
  /** Hashes of 32 bytes, each in base64. */
  readonly path: readonly string[]
}

/** What `getCoverage` answers. */
export interface CoveragePage {
  readonly items: readonly CoverageStretch[]
  readonly next: string | null
}

/** Part of {@link CoveragePage}. */
export type CoverageStretch = GoodStretch | MissingStretch | OverlappingStretch

/**
 * `present`: each pinned version exists and has the size. `verified`: its bytes match as
 * well, by the checksum that the store attests where that is proven, and by reading them
 * otherwise.
 */
export type Depth = 'present' | 'verified'

/** `sha256:` and 64 lower-case hexadecimal digits of the exact bytes. */
export type Digest = `sha256:${string}`

/** Part of {@link Lineage}. */
export type Direction = 'ancestors' | 'descendants'

/** Part of {@link Reconciliation}. */
export interface Disagreement {
  readonly kind: DisagreementKind
  readonly uri: string
  readonly versionId: string
  readonly sizeBytes: number
  readonly checkpoint?: Digest
  /** The abandoned reservation that left an orphan behind. */
  readonly reservation?: ReservationId
  readonly lastModified?: string
}

/** Part of {@link Disagreement}. */
export type DisagreementKind = 'missing' | 'size-differs' | 'orphan'

/** Part of {@link DriftAcknowledgement}. */
export interface Drift {
  readonly verdict: DriftVerdict
  /** The worst; absent where nothing differs. */
  readonly severity?: DriftSeverity
  readonly sections: readonly DriftSection[]
  /** Sections in which nothing differs. */
  readonly equal: readonly string[]
  /** Over every change: what an acknowledgement acknowledges. */
  readonly difference: Digest
  /** Over the rules and verdicts. */
  readonly ruleSet: Digest
  /** The state's environment. */
  readonly recorded?: Digest
  /** The caller's environment. */
  readonly current?: Digest
  /** Where this difference was. */
  readonly acknowledged?: LogIndex
}

/** What `acknowledgeDrift` answers. */
export interface DriftAcknowledgement {
  readonly checkpoint: Digest
  readonly drift: Drift
  readonly note: Note
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Part of {@link DriftSection}. */
export interface DriftChange {
  /** Names joined by `.`; empty for the section as a whole. */
  readonly fact: string
  readonly severity: DriftSeverity
  readonly recorded?: JsonValue
  readonly current?: JsonValue
}

/** Only changes of versions that begin with this number: first, second or any later one. */
export type DriftChangeKind = 'major' | 'minor' | 'patch'

/** Part of {@link DriftTerms}. */
export interface DriftRule {
  /** A section, such as `code` or `parameters`; `*` stands for any characters. */
  readonly section: string
  /** A fact, such as `commit` or `nvidia.driver`. Default: any. */
  readonly fact?: string
  readonly change?: DriftChangeKind
  readonly severity: DriftSeverity
}

/** Part of {@link Drift}. */
export interface DriftSection {
  readonly section: string
  /** The worst of them. */
  readonly severity: DriftSeverity
  readonly changeCount: number
  /** The first 200. */
  readonly changes: readonly DriftChange[]
}

/**
 * `blocker`: results are not comparable, or loading may fail. `critical`: another behaviour
 * is likely. `major`: it is possible. `minor`: it is unlikely. `info`: context. `unknown`:
 * one side recorded nothing, which is never taken as equal.
 */
export type DriftSeverity = 'blocker' | 'critical' | 'major' | 'unknown' | 'minor' | 'info'

/**
 * How severe a difference is between what made a state and what goes on from it. Of the
 * policy that the job names, or else of the one with the name `drift`.
 */
export interface DriftTerms {
  readonly rules?: readonly DriftRule[]
  readonly verdicts?: DriftVerdicts
}

/** Part of {@link Drift}. */
export type DriftVerdict = 'allow' | 'allow-with-acknowledgement' | 'refuse'

/** Part of {@link DriftTerms}. */
export interface DriftVerdicts {
  readonly blocker?: DriftVerdict
  readonly critical?: DriftVerdict
  readonly major?: DriftVerdict
  readonly unknown?: DriftVerdict
  readonly minor?: DriftVerdict
  readonly info?: DriftVerdict
}

/** What `planDrill` answers. */
export interface Drill {
  readonly namespace: NamespaceName
  readonly asOf: LogIndex
  readonly counts: DrillCounts
  /** Only what would be affected. */
  readonly items: readonly DrillFinding[]
  /** Of `items` in canonical form: the same drill as of the same entry gives the same again. */
  readonly findings: Digest
  /** `cursor` of the next page; null on the last. */
  readonly next: string | null
  readonly recorded?: DrillReceipt
}

/** Part of {@link Drill}. */
export interface DrillCounts {
  readonly examined: number
  readonly unaffected: number
  readonly fallingBack: number
  readonly lost: number
  readonly beyondRpo: number
  /** Those that have no good state as it is. */
  readonly withoutGood: number
}

/** Part of {@link Drill}. */
export interface DrillFinding {
  readonly job: JobName
  readonly partition: Partition
  readonly verdict: DrillVerdict
  readonly from: DrillState
  readonly to?: DrillState
  /** Why the state of now would be passed over. */
  readonly reason: SkipReason
  /** The checkpoint in its chain at fault. */
  readonly because?: Digest
  readonly passedOverCount: number
  readonly lostSteps: number
  /**
   * From the registration of the state that would be left, or from the first run, to that of
   * the state of now.
   */
  readonly lostSeconds: number
  readonly rpoSeconds?: number
  /** Absent where no policy says what may be lost. */
  readonly withinRpo?: boolean
}

/**
 * One rehearsal of a recovery. Lower-case letters, digits, `.`, `_` and `-`; starts with a
 * letter or digit; at most 128 characters; no `..`.
 */
export type DrillId = string

/** What `recordRehearsal` answers. */
export interface DrillReceipt {
  readonly drill: DrillId
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Part of {@link DrillFinding}. */
export interface DrillState {
  readonly checkpoint: Digest
  readonly step: Step
  readonly at: Timestamp
  readonly grade: Grade
}

/** `lost`: no good state would be left. */
export type DrillVerdict = 'falls-back' | 'lost'

/** Part of {@link DueDrillPage}. */
export interface DueDrill {
  readonly job: JobName
  readonly policy: PolicyName
  readonly rehearseEverySeconds: number
  /** When it was last restored in a drill. */
  readonly lastAt?: Timestamp
  readonly dueAt: Timestamp
}

/** What `listDueDrills` answers. */
export interface DueDrillPage {
  readonly items: readonly DueDrill[]
  readonly next: string | null
}

/** `follows`: the previous checkpoint of the same run. */
export type EdgeRelation = 'follows' | 'delta-of' | 'restored-from' | 'derived-from' | 'merged-from'

/** Part of {@link BucketFindings}. */
export interface Encryption {
  /** Such as `AES256` or `aws:kms`. */
  readonly algorithm: string
  readonly keyId?: string
}

/** What `listEntries` answers. */
export interface EntryPage {
  readonly items: readonly EntryRecord[]
  readonly size: LogIndex
}

/** Part of {@link EntryPage}. */
export interface EntryRecord {
  readonly index: LogIndex
  /** RFC 6962 leaf hash, base64. */
  readonly leafHash: string
  readonly entry: JsonMap
}

/** What `recordEnvironment` takes. */
export interface Environment {
  readonly schemaVersion: 1
  /**
   * Named groups of facts (`code`, `runtime`, `dependencies`, `hardware`, `variables`…),
   * compared one by one.
   */
  readonly sections: Readonly<Record<string, JsonMap>>
}

/** What `recordEnvironment` answers. */
export interface EnvironmentReceipt {
  readonly environment: Digest
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Part of {@link Problem}. */
export type ErrorCode = CatalogErrorCode

/** Part of {@link Verification}. */
export interface Evidence {
  readonly checkpoint: Digest
  readonly finding: Finding
  readonly outcome: EvidenceOutcome
  readonly method: string
  readonly note?: Note
  /** Bytes that were read for it. */
  readonly bytes?: number
  readonly durationMs?: number
  readonly detail?: EvidenceDetail
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
}

/** Part of {@link Evidence}. */
export interface EvidenceDetail {
  readonly fault?: BlobFault
  /** Each bucket and region that holds blobs, and how whole it is there. */
  readonly places?: readonly PlaceStanding[]
  /** Every way in which the blobs are encrypted at rest. */
  readonly encryption?: readonly Encryption[]
  /** The earliest end of a lock, where every blob in every place has one. */
  readonly lockedUntil?: Timestamp
  /** What the job's policy asks of storage and does not find. */
  readonly violations?: readonly string[]
}

/** Part of {@link Evidence}. */
export type EvidenceOutcome = 'passed' | 'failed'

/** What `recordEvidence` answers. */
export interface EvidenceReceipt {
  readonly checkpoint: Digest
  readonly finding: Finding
  readonly outcome: EvidenceOutcome
  readonly method: string
  readonly note?: Note
  /** Bytes that were read for it. */
  readonly bytes?: number
  readonly durationMs?: number
  readonly detail?: EvidenceDetail
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `exchangeResumeToken` takes. */
export interface ExchangeResumeToken {
  readonly token: ResumeTokenText
}

/** Part of {@link PlanDrill}. */
export type Fault =
  RegionLost | BucketUnreadable | CheckpointCorrupt | LibraryUpgraded | PolicyChanged

/** Part of {@link BlobFault}. */
export type FaultCode =
  | 'BLOB_NOT_FOUND'
  | 'SIZE_DIFFERS'
  | 'DIGEST_DIFFERS'
  | 'BLOB_ARCHIVED'
  | 'BUCKET_ACCESS_DENIED'
  | 'BUCKET_NOT_ALLOWED'
  | 'STORE_UNAVAILABLE'
  | 'STORE_UNSUITABLE'

/** Part of {@link BucketFindings}. */
export interface FeatureFinding {
  readonly feature: BucketFeature
  readonly result: FeatureResult
  readonly because?: string
}

/** `unknown`: it could not be tried. Only what is `proven` is used. */
export type FeatureResult = 'proven' | 'refuted' | 'unknown'

/** What `finalizeReservation` takes. */
export interface FinalizeReservation {
  readonly worldSize?: number
}

/** Part of {@link Evidence}. */
export type Finding = 'present' | 'verified' | 'restored'

/** Part of {@link Caller}. */
export interface Format {
  readonly name: string
  readonly version: string
  readonly metadata?: JsonMap
}

/**
 * How states are written, version by version. Lower-case letters, digits, `.`, `_` and `-`;
 * starts with a letter or digit; at most 128 characters; no `..`.
 */
export type FormatName = string

/** What `listFormats` answers. */
export interface FormatPage {
  readonly items: readonly FormatVersionSummary[]
  readonly next: string | null
}

/** Part of {@link RecoveryPlan}. */
export interface FormatReading {
  readonly version: FormatVersionName
  readonly metadata: JsonMap
  /** In the order in which they apply; each takes the metadata of the one before. */
  readonly upcasts: readonly AppliedUpcast[]
}

/** What `publishFormat` answers. */
export interface FormatReceipt {
  readonly namespace: NamespaceName
  readonly format: FormatName
  readonly version: FormatVersionName
  readonly schemaDigest: Digest
  readonly compatibility: Compatibility
  readonly changelog: Changelog
  readonly recovery: RecoveryScript
  readonly upcasts?: readonly Upcast[]
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `publishFormat` takes. */
export interface FormatSpec {
  readonly schema: JsonMap
  readonly compatibility: Compatibility
  readonly changelog: Changelog
  readonly recovery: RecoveryScript
  readonly upcasts?: readonly Upcast[]
}

/** What `getFormatVersion` answers. */
export interface FormatVersion {
  readonly namespace: NamespaceName
  readonly format: FormatName
  readonly version: FormatVersionName
  readonly schemaDigest: Digest
  readonly compatibility: Compatibility
  readonly changelog: Changelog
  readonly recovery: RecoveryScript
  readonly upcasts?: readonly Upcast[]
  readonly index: LogIndex
  readonly at: Timestamp
  readonly schema: JsonMap
}

/** A version of a format, such as `2` or `2.1.0-rc.1`; at most 64 characters. */
export type FormatVersionName = string

/** What `getFormat` answers. */
export interface FormatVersionPage {
  readonly items: readonly FormatVersionSummary[]
  readonly next: string | null
}

/** Part of {@link FormatPage}. */
export interface FormatVersionSummary {
  readonly namespace: NamespaceName
  readonly format: FormatName
  readonly version: FormatVersionName
  readonly schemaDigest: Digest
  readonly compatibility: Compatibility
  readonly changelog: Changelog
  readonly recovery: RecoveryScript
  readonly upcasts?: readonly Upcast[]
  readonly index: LogIndex
  readonly at: Timestamp
}

/** Part of {@link Manifest}. */
export interface Gap {
  readonly count: number
  readonly firstStep: Step
  readonly lastStep: Step
}

/** Part of {@link CoverageStretch}. */
export interface GoodStretch {
  readonly state: 'good'
  /** The first moment of it. */
  readonly from: Timestamp
  /** The first moment after it. */
  readonly to: Timestamp
  readonly partition: Partition
  readonly checkpoint: Digest
  readonly step: Step
  readonly attempt: Attempt
  /** Whether the partition's newest run has closed as succeeded. */
  readonly complete: boolean
  readonly rewritten?: Rewritten
}

/**
 * `committed`: registered. `present`: its objects exist. `verified`: their bytes match.
 * `restored`: a recovery used them.
 */
export type Grade = 'committed' | 'present' | 'verified' | 'restored'

/** What `getHistory` answers. */
export interface HistoryPage {
  readonly items: readonly EntryRecord[]
  readonly next: string | null
}

/** Part of {@link HoldPage}. */
export interface Hold {
  readonly checkpoint: Digest
  readonly hold: HoldName
  readonly reason: HoldReason
  /** When it ends by itself. */
  readonly until?: Timestamp
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
}

/** What `liftHold` answers. */
export interface HoldLifted {
  readonly checkpoint: Digest
  readonly hold: HoldName
  readonly index: LogIndex
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/**
 * What a hold on a checkpoint is called. Lower-case letters, digits, `.`, `_` and `-`;
 * starts with a letter or digit; at most 128 characters; no `..`.
 */
export type HoldName = string

/** What `listHolds` answers. */
export interface HoldPage {
  readonly items: readonly Hold[]
  readonly next: string | null
}

/** Part of {@link Hold}. */
export type HoldReason = string

/** What `placeHold` answers. */
export interface HoldReceipt {
  readonly checkpoint: Digest
  readonly hold: HoldName
  readonly reason: HoldReason
  /** When it ends by itself. */
  readonly until?: Timestamp
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `getInclusionProof` answers. */
export interface InclusionProof {
  readonly index: LogIndex
  /** A number of entries; any size that the log has had, not only those of signed heads. */
  readonly size: number
  /** Hashes of 32 bytes, each in base64. */
  readonly path: readonly string[]
}

/** Part of {@link Caller}. */
export interface InputPin {
  readonly name: string
  readonly version?: string
  readonly digest?: Digest
  readonly uri?: string
}

/** Part of {@link Reconciliation}. */
export interface InventoryFacts {
  readonly uri: string
  /** What came later is not in it. RFC 3339. */
  readonly createdAt: string
}

/** What `issueResumeToken` takes. */
export interface IssueResumeToken {
  readonly job: JobName
  readonly partition?: Partition
  readonly checkpoint?: Digest
  readonly minGrade?: Grade
  /** Seconds until it expires. Default: 7 days. */
  readonly lifetimeSeconds?: number
}

/** What `getJob` answers. */
export interface Job {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly spec: JobSpec
  readonly index: LogIndex
  readonly at: Timestamp
}

/**
 * A recurring computation. Lower-case letters, digits, `.`, `_` and `-`; starts with a
 * letter or digit; at most 128 characters; no `..`.
 */
export type JobName = string

/** What `listJobs` answers. */
export interface JobPage {
  readonly items: readonly Job[]
  readonly next: string | null
}

/** What `declareJob` answers. */
export interface JobReceipt {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly spec: JobSpec
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `declareJob` takes. */
export interface JobSpec {
  readonly description?: Note
  readonly labels?: Labels
  readonly policy?: PolicyName
}

/** A JSON object that the catalog keeps and compares, but does not interpret. */
export type JsonMap = JsonObject

/** Any JSON value. */
export type JsonValue = Json

/** Part of {@link RetentionRule}. */
export interface KeepBest {
  readonly keep: 'best'
  /** The ones with the best value. */
  readonly count: number
  /** The label whose value is the metric, a decimal number such as `0.0421`. */
  readonly label: string
  readonly order: BestOrder
  readonly tier?: Tier
}

/** Part of {@link RetentionRule}. */
export interface KeepEverySeconds {
  readonly keep: 'every-seconds'
  /**
   * The first checkpoint in each period of so many seconds; periods are counted from 1970,
   * UTC.
   */
  readonly seconds: number
  /** Only in so many of the newest buckets that have any. */
  readonly count?: number
  readonly tier?: Tier
}

/** Part of {@link RetentionRule}. */
export interface KeepEverySteps {
  readonly keep: 'every-steps'
  /** The first checkpoint from each multiple of this step on. */
  readonly steps: number
  /** Only in so many of the newest buckets that have any. */
  readonly count?: number
  readonly tier?: Tier
}

/** Part of {@link RetentionRule}. */
export interface KeepLatest {
  readonly keep: 'latest'
  /** The newest ones on the current line. */
  readonly count: number
  readonly tier?: Tier
}

/** Part of {@link RetentionRule}. */
export interface KeepNewerThan {
  readonly keep: 'newer-than'
  /** Everything that was registered at most so long ago. */
  readonly seconds: number
  readonly tier?: Tier
}

/** Part of {@link RetentionDecision}. */
export type KeepOrDrop = 'keep' | 'drop'

/** What `keepReservation` takes. */
export interface KeepReservation {
  readonly worldSize?: number
}

/** Self-contained state, or the change since its base. */
export type Kind = 'full' | 'delta'

/** Short texts to filter by; at most 32 of them. */
export type Labels = Readonly<Record<string, string>>

/** What `getLatest` answers. */
export interface Latest {
  readonly checkpoint: CheckpointSummary
  readonly asOf: LogIndex
  readonly skipped: readonly Skipped[]
}

/** Part of {@link Fault}. */
export interface LibraryUpgraded {
  readonly fault: 'library-upgraded'
  /** Name of the fact in the section of recorded environments. */
  readonly library: string
  readonly version: string
  /** Default: `dependencies`. */
  readonly section?: string
}

/** Part of {@link StoragePolicy}. */
export type LifecycleRule = 'warn' | 'refuse'

/** Part of {@link BucketFindings}. */
export interface LifecycleThreat {
  readonly rule: string
  readonly prefix: string
  readonly noncurrentDays: number
}

/** What `listLine` answers. */
export interface LinePage {
  readonly items: readonly CheckpointSummary[]
  readonly next: string | null
}

/** What `getLineage` answers. */
export interface Lineage {
  readonly root: Digest
  readonly direction: Direction
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
  /** Whether the bound on depth or count cut the answer short. */
  readonly truncated: boolean
}

/** Part of {@link Lineage}. */
export interface LineageEdge {
  readonly child: Digest
  readonly parent: Digest
  readonly relation: EdgeRelation
}

/** Part of {@link Lineage}. */
export interface LineageNode {
  readonly depth: number
  readonly checkpoint: CheckpointSummary
}

/** Part of {@link BucketLock}. */
export type LockMode = 'GOVERNANCE' | 'COMPLIANCE'

/** Number of an entry in its namespace's log, from 0, without gaps. */
export type LogIndex = number

/** What `getLogKeys` answers. */
export interface LogKeys {
  /** First line of every tree head of this log. */
  readonly origin: string
  /**
   * Verifier keys as C2SP writes them, those that sign now first. Get them from elsewhere too
   * before you trust them.
   */
  readonly keys: readonly string[]
}

/** What `getManifest` answers. */
export interface Manifest {
  readonly schemaVersion: 1
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly run: RunId
  readonly attempt: Attempt
  readonly partition?: Partition
  readonly step: Step
  readonly kind: Kind
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly base?: Digest
  readonly parents?: readonly Parent[]
  readonly worldSize?: number
  readonly shards: readonly Shard[]
  readonly progress?: Progress
  readonly format?: Format
  readonly inputs?: readonly InputPin[]
  readonly parameters?: JsonMap
  readonly environment?: Digest
  /** W3C traceparent of the work that made this state. */
  readonly trace?: string
  readonly timing?: Timing
  readonly persistence?: Persistence
  readonly labels?: Labels
  readonly gap?: Gap
}

/**
 * `NO_WINDOW`: no partition says that it is about this time. `NO_CHECKPOINT`: one does, and
 * has saved nothing on its current line. `NO_GOOD_CHECKPOINT`: what it saved is not good.
 */
export type MissingReason = 'NO_WINDOW' | 'NO_CHECKPOINT' | 'NO_GOOD_CHECKPOINT'

/** Part of {@link CoverageStretch}. */
export interface MissingStretch {
  readonly state: 'missing'
  /** The first moment of it. */
  readonly from: Timestamp
  /** The first moment after it. */
  readonly to: Timestamp
  readonly reason: MissingReason
  readonly partition?: Partition
  readonly rewritten?: Rewritten
}

/** Part of {@link NamespacePage}. */
export interface Namespace {
  readonly namespace: NamespaceName
  readonly spec: NamespaceSpec
  readonly index: LogIndex
  readonly at: Timestamp
}

/**
 * Scope of names, of grants, and of one log. Lower-case letters, digits, `.`, `_` and `-`;
 * starts with a letter or digit; at most 128 characters; no `..`.
 */
export type NamespaceName = string

/** What `listNamespaces` answers. */
export interface NamespacePage {
  readonly items: readonly Namespace[]
  readonly next: string | null
}

/** What `declareNamespace` answers. */
export interface NamespaceReceipt {
  readonly namespace: NamespaceName
  readonly spec: NamespaceSpec
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `declareNamespace` takes. */
export interface NamespaceSpec {
  readonly description?: Note
  readonly labels?: Labels
}

/** Part of {@link AbandonReservation}. */
export type Note = string

/** What `openReservation` takes. */
export interface OpenReservation {
  readonly manifest: ReservedManifest
  /** Seconds from now until the lease ends without a sign of life; default 60. */
  readonly leaseSeconds?: number
}

/** What `openRestore` takes. */
export interface OpenRestore {
  readonly checkpoint: Digest
  readonly ownership: Ownership
  readonly run?: RunId
}

/** What `openRun` takes. */
export interface OpenRun {
  readonly job: JobName
  readonly partition?: Partition
  readonly run?: RunId
  readonly resume: 'latest' | 'none' | Digest | ResumeByToken
  /** That going back is meant: with a digest, a token or `none`. Recorded with the run. */
  readonly rewind?: true
  readonly window?: Window
  readonly minGrade?: Grade
  /**
   * Only states in these formats, their chains included; one that names no format is in none
   * of them.
   */
  readonly formats?: readonly ReadableFormat[]
  readonly unavailable?: Unavailable
  /** Only states up to this step. */
  readonly maxStep?: Step
  /**
   * Only states that were registered at most so long ago, as of the time of `asOf` where that
   * is given.
   */
  readonly maxAgeSeconds?: number
  /** Only states of so many workers. */
  readonly worldSize?: number
  /** Regions to fetch from, the best first; others come after them. */
  readonly regions?: readonly Region[]
  readonly environment?: Digest
  readonly caller?: Caller
  /** Go on in spite of a difference that has to be acknowledged, and why. */
  readonly acknowledgeDrift?: Note
  readonly labels?: Labels
}

/** What `openRun` answers. */
export interface OpenedRun {
  readonly run: Run
  readonly plan: RecoveryPlan | null
  readonly skipped: readonly Skipped[]
  readonly abandons: Abandoned
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Part of {@link CloseRestore}. */
export type Outcome = 'succeeded' | 'failed' | 'cancelled'

/** Part of {@link CoverageStretch}. */
export interface OverlappingStretch {
  readonly state: 'overlapping'
  /** The first moment of it. */
  readonly from: Timestamp
  /** The first moment after it. */
  readonly to: Timestamp
  /** The one that reaches furthest so far, and the one that begins within it. */
  readonly partitions: readonly Partition[]
}

/**
 * `claim`: the run goes on with these very bytes, and retention keeps them until it is
 * closed or superseded. `no-claim`: it needs them no more once it is restored. `copy`: it
 * goes on with a copy of its own.
 */
export type Ownership = 'claim' | 'no-claim' | 'copy'

/** Part of {@link Manifest}. */
export interface Parent {
  readonly relation: ParentRelation
  readonly checkpoint: Digest
}

/** Part of {@link Parent}. */
export type ParentRelation = 'restored-from' | 'derived-from' | 'merged-from'

/**
 * A natural slice of the work, such as `2026-11-23T10`; empty for none. Letters, digits and
 * `. _ : = , + -`; at most 256 characters.
 */
export type Partition = string

/** Part of {@link PatchOperation}. */
export interface PatchAdd {
  readonly op: 'add'
  /** RFC 6901 JSON pointer. */
  readonly path: string
  readonly value: JsonValue
}

/** Part of {@link PatchOperation}. */
export interface PatchCopy {
  readonly op: 'copy'
  /** RFC 6901 JSON pointer. */
  readonly path: string
  /** RFC 6901 JSON pointer. */
  readonly from: string
}

/** Part of {@link PatchOperation}. */
export interface PatchMove {
  readonly op: 'move'
  /** RFC 6901 JSON pointer. */
  readonly path: string
  /** RFC 6901 JSON pointer. */
  readonly from: string
}

/** Part of {@link AppliedUpcast}. */
export type PatchOperation =
  PatchAdd | PatchRemove | PatchReplace | PatchMove | PatchCopy | PatchTest

/** Part of {@link PatchOperation}. */
export interface PatchRemove {
  readonly op: 'remove'
  /** RFC 6901 JSON pointer. */
  readonly path: string
}

/** Part of {@link PatchOperation}. */
export interface PatchReplace {
  readonly op: 'replace'
  /** RFC 6901 JSON pointer. */
  readonly path: string
  readonly value: JsonValue
}

/** Part of {@link PatchOperation}. */
export interface PatchTest {
  readonly op: 'test'
  /** RFC 6901 JSON pointer. */
  readonly path: string
  readonly value: JsonValue
}

/** Part of {@link Manifest}. */
export type Persistence = 'sync' | 'async' | 'hybrid'

/** What `placeHold` takes. */
export interface PlaceHold {
  readonly reason: HoldReason
  readonly until?: Timestamp
}

/** Part of {@link EvidenceDetail}. */
export interface PlaceStanding {
  /** Its name in the configuration, or the begin of the URI. */
  readonly bucket: string
  readonly region?: Region
  readonly blobCount: number
  readonly passed: number
  readonly failed: number
  readonly unknown: number
}

/** Part of {@link PlanStage}. */
export interface PlanBlob {
  readonly rank: number
  /** Name within its shard, such as `model.bin`; unique there. */
  readonly name: string
  /**
   * Where the bytes are, such as `s3://bucket/key` or `file:///…`. Behind `s3://bucket/`
   * stands the key as it is, with nothing encoded: `%20` there is a key with a percent sign.
   */
  readonly uri: string
  /**
   * The object version, opaque and compared exactly. A missing or `null` version is refused:
   * such an object can be overwritten.
   */
  readonly versionId: string
  readonly sizeBytes: number
  readonly digest: Digest
  readonly checksum?: BlobChecksum
  readonly copies?: readonly BlobCopy[]
  /**
   * Where to fetch it from, the best first: when one fails, the next. Only where there is a
   * choice, or one was asked for.
   */
  readonly sources?: readonly PlanSource[]
}

/**
 * `latest`: the newest good one that the caller can use, so that another may take its
 * place. `named`: this one was asked for.
 */
export type PlanChoice = 'latest' | 'named'

/** What `planDrill` takes. */
export interface PlanDrill {
  readonly job?: JobName
  /** Only with `job`. Default: all. */
  readonly partition?: Partition
  readonly faults: readonly Fault[]
  readonly record?: boolean
  /** Default: `50`. */
  readonly limit?: number
  /** `next` of the page before; belongs to the same list and filters. */
  readonly cursor?: string
  readonly asOf?: LogIndex
}

/** Part of {@link RecoveryPlan}. */
export interface PlanEnvironment {
  readonly digest: Digest
  readonly document: Environment
}

/** What `planRecovery` takes. */
export interface PlanRecovery {
  readonly job: JobName
  readonly checkpoint?: Digest
  readonly partition?: Partition
  readonly minGrade?: Grade
  /** Only states made in this environment. */
  readonly environment?: Digest
  /** Also look at lines that later attempts left behind. */
  readonly includeAbandoned?: boolean
  /**
   * Only states in these formats, their chains included; one that names no format is in none
   * of them.
   */
  readonly formats?: readonly ReadableFormat[]
  readonly unavailable?: Unavailable
  /** Only states up to this step. */
  readonly maxStep?: Step
  /**
   * Only states that were registered at most so long ago, as of the time of `asOf` where that
   * is given.
   */
  readonly maxAgeSeconds?: number
  /** Only states of so many workers. */
  readonly worldSize?: number
  /**
   * Give a URL for each blob, where a probe has proven that the store serves it. A URL that
   * was signed with temporary credentials ends with them.
   */
  readonly presign?: boolean
  /** How long each URL is good for. Default: `3600`. */
  readonly presignSeconds?: number
  /** Regions to fetch from, the best first; others come after them. */
  readonly regions?: readonly Region[]
  /** What the restore runs: the plan says how that differs. */
  readonly caller?: Caller
  readonly asOf?: LogIndex
}

/** Part of {@link PlanBlob}. */
export interface PlanSource {
  readonly kind: PlanSourceKind
  /**
   * Where the bytes are, such as `s3://bucket/key` or `file:///…`. Behind `s3://bucket/`
   * stands the key as it is, with nothing encoded: `%20` there is a key with a percent sign.
   */
  readonly uri: string
  /**
   * The object version, opaque and compared exactly. A missing or `null` version is refused:
   * such an object can be overwritten.
   */
  readonly versionId: string
  /** Its name in the configuration. */
  readonly bucket?: string
  readonly region?: Region
  /** Whoever has it can read the bytes until it expires. Never log it. */
  readonly url?: string
  readonly expiresAt?: Timestamp
}

/** Part of {@link PlanSource}. */
export type PlanSourceKind = 'url' | 'object'

/** Part of {@link RecoveryPlan}. */
export interface PlanStage {
  readonly checkpoint: Digest
  readonly kind: Kind
  readonly step: Step
  readonly blobs: readonly PlanBlob[]
}

/** Part of {@link RecoveryPlan}. */
export interface PlanWarning {
  readonly code: PlanWarningCode
  readonly message: string
}

/** Part of {@link PlanWarning}. */
export type PlanWarningCode =
  | 'SEEDS_INCOMPLETE'
  | 'SEEDS_UNEVEN'
  | 'INPUT_UNPINNED'
  | 'ENVIRONMENT_MISSING'
  | 'NOT_VERIFIED'
  | 'ABANDONED'
  | 'NOT_PRESIGNED'
  | 'FORMAT_UNKNOWN'
  | 'UPCAST_FAILED'
  | 'DRIFT'
  | 'RESTORE_FAILED'

/** What `getPolicy` answers. */
export interface Policy {
  readonly namespace: NamespaceName
  readonly policy: PolicyName
  readonly spec: PolicySpec
  readonly index: LogIndex
  readonly at: Timestamp
}

/** Part of {@link Fault}. */
export interface PolicyChanged {
  readonly fault: 'policy-changed'
  readonly policy: PolicyName
  /** What it would say: its `requiredGrade` and `rpoSeconds` count, for the jobs that name it. */
  readonly spec: PolicySpec
}

/**
 * What a class of jobs needs. Lower-case letters, digits, `.`, `_` and `-`; starts with a
 * letter or digit; at most 128 characters; no `..`.
 */
export type PolicyName = string

/** What `listPolicies` answers. */
export interface PolicyPage {
  readonly items: readonly Policy[]
  readonly next: string | null
}

/** What `setPolicy` answers. */
export interface PolicyReceipt {
  readonly namespace: NamespaceName
  readonly policy: PolicyName
  readonly spec: PolicySpec
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `setPolicy` takes. */
export interface PolicySpec {
  readonly description?: Note
  /** Most work that may be lost: time between checkpoints. */
  readonly rpoSeconds?: number
  /** Longest time that a recovery may take. */
  readonly rtoSeconds?: number
  readonly requiredGrade?: Grade
  /** How often a job must have been restored in a drill. */
  readonly rehearseEverySeconds?: number
  readonly retention?: Retention
  /**
   * From a tombstone to the removal of bytes. Default: 7 days where `retention` is given;
   * without either, no bytes are removed.
   */
  readonly graceSeconds?: number
  readonly storage?: StoragePolicy
  readonly drift?: DriftTerms
  readonly verification?: VerificationPolicy
}

/** Part of {@link BatchRefused}. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** A sentence that says what is wrong and what to do. */
  readonly detail: string
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly requestId?: string
  /** RFC 6901 JSON pointer to what was refused. */
  readonly pointer?: string
  /** What a program can act on, by code. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Part of {@link Manifest}. */
export interface Progress {
  readonly records?: number
  readonly watermark?: string
  readonly cursor?: JsonValue
}

/** What `recordShard` takes. */
export interface PutShard {
  readonly blobs: readonly BlobReference[]
  readonly seeds?: readonly Seed[]
  readonly worldSize?: number
}

/** Part of {@link RecoveryPlan}. */
export interface RankSeeds {
  readonly rank: number
  readonly seeds: readonly Seed[]
}

/** Part of {@link OpenRun}. */
export interface ReadableFormat {
  readonly name: string
  /** Default: every version. */
  readonly versions?: readonly string[]
}

/** What `registerCheckpoint` answers. */
export interface Receipt {
  readonly namespace: NamespaceName
  readonly checkpoint: Digest
  readonly index: LogIndex
  /** RFC 6962 hash of the exact entry bytes, base64. */
  readonly leafHash: string
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `reconcileBucket` takes. */
export interface ReconcileBucket {
  readonly reconciliation?: string
  /** `next` of one that did not come to its end: only the rest is compared. */
  readonly after?: string
  /**
   * Compares the versions that the `manifest.json` of an S3 Inventory lists, rather than the
   * listing of the bucket: `s3://…` in a bucket of the configuration. CSV, with all versions
   * and their sizes.
   */
  readonly inventory?: string
  /** Younger versions without a pointer are no orphans yet. Default: `86400`. */
  readonly minAgeSeconds?: number
}

/** Part of {@link Reconciliation}. */
export interface ReconciledCounts {
  /** Versions that the bucket holds, without delete markers. */
  readonly versions: number
  /** Pointers of live checkpoints of this namespace into the bucket. */
  readonly references: number
  /** Pointers whose version is not in the bucket. */
  readonly missing: number
  /** Pointers whose version has another size. */
  readonly sizeDiffers: number
  /** Versions that no checkpoint of any namespace points at. */
  readonly orphans: number
  /** Bytes of those. */
  readonly orphanBytes: number
  /** Those of them that abandoned reservations of this namespace left behind. */
  readonly abandoned?: number
  /** Pointers that are newer than the inventory, which cannot tell whether they are there. */
  readonly newer?: number
  /** Versions without a pointer that are too young to tell: being uploaded, perhaps. */
  readonly young: number
}

/** What `reconcileBucket` answers. */
export interface Reconciliation {
  /** Send it again to follow this one, rather than begin another. */
  readonly reconciliation: string
  readonly bucket: BucketName
  readonly state: ReconciliationState
  readonly inventory?: InventoryFacts
  readonly counts: ReconciledCounts
  /** The first 1,000; the counts have all. */
  readonly disagreements: readonly Disagreement[]
  /** Send it as `after` to go on from here, if this server is gone. */
  readonly next: string | null
  readonly index?: LogIndex
  readonly at?: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof?: string
}

/** Part of {@link Reconciliation}. */
export type ReconciliationState = 'running' | 'ended'

/** What `recordEvidence` takes. */
export interface RecordEvidence {
  readonly finding: Finding
  readonly outcome: EvidenceOutcome
  readonly method: string
  readonly note?: Note
}

/** What `recordRehearsal` takes. */
export interface RecordRehearsal {
  readonly job: JobName
  readonly partition?: Partition
  readonly faults?: readonly Fault[]
  readonly checkpoint: Digest
  readonly outcome: RehearsalOutcome
  readonly durationMs: number
  readonly bytes: number
  readonly note?: Note
}

/** Part of {@link Bucket}. */
export interface RecordedProbe {
  readonly findings: BucketFindings
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
}

/** What `planRecovery` answers. */
export interface RecoveryPlan {
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly checkpoint: Digest
  readonly choice: PlanChoice
  readonly step: Step
  readonly asOf: LogIndex
  readonly stages: readonly PlanStage[]
  readonly blobCount: number
  readonly totalBytes: number
  readonly estimate?: RestoreEstimate
  readonly seeds: readonly RankSeeds[]
  readonly seedCoverage: SeedCoverage
  readonly parameters?: JsonMap
  readonly inputs: readonly InputPin[]
  readonly format?: Format
  readonly formatReading?: FormatReading
  readonly progress?: Progress
  readonly environment?: PlanEnvironment
  readonly drift?: Drift
  readonly skipped: readonly Skipped[]
  readonly warnings: readonly PlanWarning[]
}

/** Part of {@link FormatReceipt}. */
export interface RecoveryScript {
  readonly uri: string
  readonly digest: Digest
}

/** Such as `eu-west-1`. */
export type Region = string

/** Part of {@link Fault}. */
export interface RegionLost {
  readonly fault: 'region-lost'
  readonly region: Region
}

/** What `registerCheckpoint` takes. */
export interface Registration {
  readonly manifest: Manifest
  /** What the caller holds the id to be; refused if the manifest differs. */
  readonly digest?: Digest
}

/** What `registerCheckpoints` takes. */
export interface Registrations {
  readonly items: readonly Registration[]
}

/** Part of {@link RecordRehearsal}. */
export type RehearsalOutcome = 'restored' | 'failed'

/**
 * Whether going on from the state would give the same again. `exact`: all that results
 * depend on is recorded and pinned. `likely`: what is missing seldom changes a result.
 * `partial`: something is missing that results depend on. `none`: neither seeds nor inputs,
 * parameters or environment are recorded.
 */
export type ReplayGrade = 'none' | 'partial' | 'likely' | 'exact'

/** Part of {@link Replayability}. */
export interface ReplayMissing {
  readonly code: ReplayMissingCode
  readonly weight: ReplayWeight
  readonly message: string
  /** The input's name, or the section of the environment. */
  readonly subject?: string
  /** The first 100 of the ranks. */
  readonly ranks?: readonly number[]
}

/** Part of {@link ReplayMissing}. */
export type ReplayMissingCode =
  | 'SEEDS_MISSING'
  | 'INPUTS_MISSING'
  | 'INPUT_UNPINNED'
  | 'INPUT_WITHOUT_DIGEST'
  | 'PARAMETERS_MISSING'
  | 'PROGRESS_MISSING'
  | 'ENVIRONMENT_MISSING'
  | 'SECTION_MISSING'
  | 'CODE_UNKNOWN'
  | 'CODE_DIRTY'
  | 'CODE_UNCHECKED'

/** `major`: results depend on it. `minor`: it seldom changes a result. */
export type ReplayWeight = 'major' | 'minor'

/** What `getReplayability` answers. */
export interface Replayability {
  readonly checkpoint: Digest
  readonly grade: ReplayGrade
  /** The first 200, major ones first. */
  readonly missing: readonly ReplayMissing[]
  readonly missingCount: number
}

/** Part of {@link StoragePolicy}. */
export type RequiredEncryption = 'any' | 'kms'

/** What `getReservation` answers. */
export interface Reservation {
  readonly reservation: ReservationId
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly run: RunId
  readonly attempt: Attempt
  readonly step: Step
  readonly kind: Kind
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly worldSize: number
  /** Digest of the manifest without its shards. */
  readonly manifest: Digest
  readonly state: ReservationState
  readonly openedAt: Timestamp
  readonly openedIndex: LogIndex
  readonly leaseUntil?: Timestamp
  readonly leaseSeconds?: number
  /** Shards that were put. */
  readonly shardCount?: number
  /** Ranks that were not put, at most 1000; lists leave them out. */
  readonly missing?: readonly number[]
  readonly endedAt?: Timestamp
  readonly endedIndex?: LogIndex
  readonly endedBy?: string
  readonly reason?: AbandonReason
  readonly note?: Note
  readonly checkpoint?: Digest
  /** Blobs that an abandoned one left behind. */
  readonly blobCount?: number
  readonly blobBytes?: number
  /**
   * Blobs left behind; one answer names at most 1000, the shards of the reservation have all.
   * A store that names objects by their content may keep one of them for another checkpoint
   * too: remove only what no manifest refers to.
   */
  readonly blobs?: readonly BlobReference[]
}

/**
 * A lease under which several workers assemble one checkpoint. Lower-case letters, digits,
 * `.`, `_` and `-`; starts with a letter or digit; at most 128 characters; no `..`.
 */
export type ReservationId = string

/** What `keepReservation` answers. */
export interface ReservationLease {
  readonly reservation: ReservationId
  readonly worldSize: number
  readonly shardCount: number
  /** Absent when it has been finalized. */
  readonly leaseUntil?: Timestamp
}

/** What `listReservations` answers. */
export interface ReservationPage {
  readonly items: readonly Reservation[]
  readonly next: string | null
}

/** What `openReservation` answers. */
export interface ReservationReceipt {
  readonly reservation: ReservationId
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly run: RunId
  readonly attempt: Attempt
  readonly step: Step
  readonly kind: Kind
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly worldSize: number
  /** Digest of the manifest without its shards. */
  readonly manifest: Digest
  readonly state: ReservationState
  readonly openedAt: Timestamp
  readonly openedIndex: LogIndex
  readonly leaseUntil?: Timestamp
  readonly leaseSeconds?: number
  /** Shards that were put. */
  readonly shardCount?: number
  /** Ranks that were not put, at most 1000; lists leave them out. */
  readonly missing?: readonly number[]
  readonly endedAt?: Timestamp
  readonly endedIndex?: LogIndex
  readonly endedBy?: string
  readonly reason?: AbandonReason
  readonly note?: Note
  readonly checkpoint?: Digest
  /** Blobs that an abandoned one left behind. */
  readonly blobCount?: number
  readonly blobBytes?: number
  /**
   * Blobs left behind; one answer names at most 1000, the shards of the reservation have all.
   * A store that names objects by their content may keep one of them for another checkpoint
   * too: remove only what no manifest refers to.
   */
  readonly blobs?: readonly BlobReference[]
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/**
 * A lease that has ended is recorded as `abandoned` by whoever touches it next, or by the
 * catalog within seconds.
 */
export type ReservationState = 'open' | 'finalized' | 'abandoned'

/** Part of {@link OpenReservation}. */
export interface ReservedManifest {
  readonly schemaVersion: 1
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly run: RunId
  readonly attempt: Attempt
  readonly partition?: Partition
  readonly step: Step
  readonly kind: Kind
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly base?: Digest
  readonly parents?: readonly Parent[]
  readonly progress?: Progress
  readonly format?: Format
  readonly inputs?: readonly InputPin[]
  readonly parameters?: JsonMap
  readonly environment?: Digest
  /** W3C traceparent of the work that made this state. */
  readonly trace?: string
  readonly timing?: Timing
  readonly persistence?: Persistence
  readonly labels?: Labels
  readonly gap?: Gap
  readonly worldSize: number
}

/** Part of {@link RestorePage}. */
export interface Restore {
  readonly restore: RestoreId
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly checkpoint: Digest
  readonly ownership: Ownership
  readonly run?: RunId
  readonly actor: string
  readonly openedAt: Timestamp
  readonly openedIndex: LogIndex
  readonly closedAt?: Timestamp
  readonly closedIndex?: LogIndex
  readonly outcome?: Outcome
  /** Whether the size and digest of every blob were found to be those of the plan. */
  readonly checked?: boolean
  /** Bytes that were fetched; what was there already is not counted. */
  readonly bytes?: number
  readonly durationMs?: number
  readonly sources?: readonly RestoreSource[]
  readonly failures?: readonly RestoreFailure[]
  readonly note?: Note
}

/** What `closeRestore` answers. */
export interface RestoreEnd {
  readonly restore: RestoreId
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly checkpoint: Digest
  readonly ownership: Ownership
  readonly run?: RunId
  readonly actor: string
  readonly openedAt: Timestamp
  readonly openedIndex: LogIndex
  readonly closedAt?: Timestamp
  readonly closedIndex?: LogIndex
  readonly outcome?: Outcome
  /** Whether the size and digest of every blob were found to be those of the plan. */
  readonly checked?: boolean
  /** Bytes that were fetched; what was there already is not counted. */
  readonly bytes?: number
  readonly durationMs?: number
  readonly sources?: readonly RestoreSource[]
  readonly failures?: readonly RestoreFailure[]
  readonly note?: Note
  readonly grade: Grade
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Absent where no restore of the job has been reported. */
export interface RestoreEstimate {
  readonly durationMs: number
  /** Their median rate. */
  readonly bytesPerSecond: number
  readonly restoreCount: number
}

/** Part of {@link CloseRestore}. */
export interface RestoreFailure {
  readonly checkpoint: Digest
  readonly code: FaultCode
  readonly rank: number
  readonly name: string
  readonly uri: string
  readonly versionId: string
  readonly message: string
}

/**
 * One recovery that was carried out. Lower-case letters, digits, `.`, `_` and `-`; starts
 * with a letter or digit; at most 128 characters; no `..`.
 */
export type RestoreId = string

/** What `listRestores` answers. */
export interface RestorePage {
  readonly items: readonly Restore[]
  readonly next: string | null
}

/** What `openRestore` answers. */
export interface RestoreReceipt {
  readonly restore: RestoreId
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly checkpoint: Digest
  readonly ownership: Ownership
  readonly run?: RunId
  readonly actor: string
  readonly openedAt: Timestamp
  readonly openedIndex: LogIndex
  readonly closedAt?: Timestamp
  readonly closedIndex?: LogIndex
  readonly outcome?: Outcome
  /** Whether the size and digest of every blob were found to be those of the plan. */
  readonly checked?: boolean
  /** Bytes that were fetched; what was there already is not counted. */
  readonly bytes?: number
  readonly durationMs?: number
  readonly sources?: readonly RestoreSource[]
  readonly failures?: readonly RestoreFailure[]
  readonly note?: Note
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Part of {@link CloseRestore}. */
export interface RestoreSource {
  /** What the URIs there begin with, such as `s3://states`. */
  readonly origin: string
  readonly region?: Region
  readonly bytes: number
}

/** Part of {@link Run}. */
export interface RestoredFrom {
  readonly checkpoint: Digest
  readonly run: RunId
  readonly step: Step
}

/** Part of {@link OpenRun}. */
export interface ResumeByToken {
  readonly token: ResumeTokenText
}

/** What `issueResumeToken` answers. */
export interface ResumeToken {
  readonly token: ResumeTokenText
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly checkpoint: Digest
  readonly step: Step
  readonly expiresAt: Timestamp
}

/** Opaque; from `POST /resume-tokens`. It names a state, and grants nothing. */
export type ResumeTokenText = string

/** Part of {@link PolicySpec}. */
export interface Retention {
  /** A checkpoint is kept while any of these keeps it. */
  readonly anyOf: readonly RetentionRule[]
}

/**
 * The first five are rules of the policy. `CLAIMED`: a run that is open goes on with its
 * bytes, or it is being restored. `LAST_GOOD`: `latest` would answer it at some grade.
 * `NEEDED`: a kept delta needs it. `NO_RULES`: the job has no policy with retention. Of
 * dropped ones: `NOT_SELECTED`: no rule keeps it; `ABANDONED` and `NOT_GOOD`: rules count
 * only good ones on the current line.
 */
export type RetentionCode =
  | 'LATEST'
  | 'EVERY_STEPS'
  | 'EVERY_SECONDS'
  | 'BEST'
  | 'NEWER_THAN'
  | 'HELD'
  | 'CLAIMED'
  | 'LAST_GOOD'
  | 'NEEDED'
  | 'NO_RULES'
  | 'NOT_SELECTED'
  | 'ABANDONED'
  | 'NOT_GOOD'

/** Part of {@link RetentionRunPage}. */
export interface RetentionDecision {
  readonly checkpoint: Digest
  readonly decision: KeepOrDrop
  readonly reasons: readonly RetentionReason[]
  readonly job: JobName
  readonly partition: Partition
  readonly run: RunId
  readonly step: Step
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly index: LogIndex
  readonly at: Timestamp
  /** Sum of the sizes that its manifest declares. */
  readonly bytes: number
  /** Whether it is withdrawn by now. */
  readonly tombstoned: boolean
}

/** Part of {@link RetentionDecision}. */
export interface RetentionReason {
  readonly code: RetentionCode
  /** The delta that needs it. */
  readonly because?: Digest
}

/** What `runRetention` answers. */
export interface RetentionReceipt {
  readonly retentionRun: RetentionRunId
  readonly dryRun: boolean
  readonly job?: JobName
  readonly partition?: Partition
  /**
   * With `job`: this policy instead of the one that the job names. Without: only jobs that
   * name it.
   */
  readonly policy?: PolicyName
  readonly asOf: LogIndex
  readonly moment: Timestamp
  readonly keptCount: number
  readonly droppedCount: number
  /** Declared sizes of what is dropped; objects that others share stay. */
  readonly droppedBytes: number
  readonly decisions: Digest
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
  /** Withdrawn by this request. */
  readonly tombstonedCount: number
  /**
   * Dropped, and yet not withdrawn: something changed meanwhile, or there were more than one
   * request withdraws. The next run looks again.
   */
  readonly leftCount: number
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** Part of {@link Retention}. */
export type RetentionRule =
  KeepLatest | KeepEverySteps | KeepEverySeconds | KeepBest | KeepNewerThan

/** Part of {@link RetentionRunPage}. */
export interface RetentionRun {
  readonly retentionRun: RetentionRunId
  readonly dryRun: boolean
  readonly job?: JobName
  readonly partition?: Partition
  /**
   * With `job`: this policy instead of the one that the job names. Without: only jobs that
   * name it.
   */
  readonly policy?: PolicyName
  readonly asOf: LogIndex
  readonly moment: Timestamp
  readonly keptCount: number
  readonly droppedCount: number
  /** Declared sizes of what is dropped; objects that others share stay. */
  readonly droppedBytes: number
  readonly decisions: Digest
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
}

/**
 * One decision of what to keep. Lower-case letters, digits, `.`, `_` and `-`; starts with a
 * letter or digit; at most 128 characters; no `..`.
 */
export type RetentionRunId = string

/** What `getRetentionRun` answers. */
export interface RetentionRunPage {
  readonly run: RetentionRun
  readonly items: readonly RetentionDecision[]
  readonly next: string | null
}

/** What `listRetentionRuns` answers. */
export interface RetentionRuns {
  readonly items: readonly RetentionRun[]
  readonly next: string | null
}

/** Part of {@link GoodStretch}. */
export interface Rewritten {
  readonly run: RunId
  readonly attempt: Attempt
  readonly at: Timestamp
  readonly index: LogIndex
  /** When an earlier run succeeded. */
  readonly after: Timestamp
}

/** What `getRun` answers. */
export interface Run {
  readonly run: RunId
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly attempt: Attempt
  readonly state: RunState
  readonly openedAt: Timestamp
  readonly openedIndex: LogIndex
  readonly restoredFrom?: RestoredFrom
  readonly environment?: Digest
  readonly labels?: Labels
  readonly closedAt?: Timestamp
  readonly closedIndex?: LogIndex
  readonly outcome?: Outcome
  readonly note?: Note
  readonly lastStep?: Step
  readonly lastCheckpoint?: Digest
}

/**
 * One execution of a job. Lower-case letters, digits, `.`, `_` and `-`; starts with a
 * letter or digit; at most 128 characters; no `..`.
 */
export type RunId = string

/** What `listRuns` answers. */
export interface RunPage {
  readonly items: readonly Run[]
  readonly next: string | null
}

/** What `closeRun` answers. */
export interface RunReceipt {
  readonly run: RunId
  readonly namespace: NamespaceName
  readonly job: JobName
  readonly partition: Partition
  readonly attempt: Attempt
  readonly state: RunState
  readonly openedAt: Timestamp
  readonly openedIndex: LogIndex
  readonly restoredFrom?: RestoredFrom
  readonly environment?: Digest
  readonly labels?: Labels
  readonly closedAt?: Timestamp
  readonly closedIndex?: LogIndex
  readonly outcome?: Outcome
  readonly note?: Note
  readonly lastStep?: Step
  readonly lastCheckpoint?: Digest
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/** What `runRetention` takes. */
export interface RunRetention {
  readonly dryRun: boolean
  readonly job?: JobName
  readonly partition?: Partition
  /**
   * With `job`: this policy instead of the one that the job names. Without: only jobs that
   * name it.
   */
  readonly policy?: PolicyName
}

/** `superseded`: a newer attempt of the job and partition has been opened. */
export type RunState = 'open' | 'superseded' | 'closed'

/** Part of {@link Comparison}. */
export interface SectionComparison {
  /** `parameters`, `seeds`, `inputs`, `format`, or `environment.<section>`. */
  readonly section: string
  readonly verdict: Verdict
  readonly changes: readonly Change[]
  readonly truncated: boolean
}

/** Part of {@link PutShard}. */
export interface Seed {
  /** Which generator, such as `numpy.pcg64` or `torch.cuda`. */
  readonly generator: string
  readonly seed?: number | string
  /** Name of the blob in this shard that holds the generator's state. */
  readonly stateBlob?: string
}

/** Part of {@link RecoveryPlan}. */
export interface SeedCoverage {
  readonly rankCount: number
  readonly seededCount: number
  /** Ranks without any seed; at most 100 are listed. */
  readonly missingRanks: readonly number[]
  /** Generators that some of the ranks have seeds of, and others not. */
  readonly unevenGenerators: readonly string[]
}

/** Part of {@link Manifest}. */
export interface Shard {
  readonly rank: number
  readonly blobs: readonly BlobReference[]
  readonly seeds?: readonly Seed[]
}

/** What `listShards` answers. */
export interface ShardPage {
  readonly items: readonly StoredShard[]
  readonly next: string | null
}

/** What `recordShard` answers. */
export interface ShardReceipt {
  readonly reservation: ReservationId
  readonly worldSize: number
  readonly shardCount: number
  /** Absent when it has been finalized. */
  readonly leaseUntil?: Timestamp
  readonly rank: number
  /** Digest of the shard's canonical JSON, its rank included. */
  readonly digest: Digest
  /** Whether every rank is there, so that it can be finalized. */
  readonly complete: boolean
}

/**
 * `ABANDONED`: on a line that a later attempt left behind. `CHAIN_BROKEN`: something below
 * a delta is not good. `UNAVAILABLE`: every place of a blob is down.
 */
export type SkipReason =
  | 'ABANDONED'
  | 'TOMBSTONED'
  | 'EVIDENCE_FAILED'
  | 'GRADE_TOO_LOW'
  | 'ENVIRONMENT_DIFFERS'
  | 'ENVIRONMENT_UNKNOWN'
  | 'CHAIN_BROKEN'
  | 'STEP_TOO_HIGH'
  | 'TOO_OLD'
  | 'WORLD_SIZE_DIFFERS'
  | 'FORMAT_UNREADABLE'
  | 'UNAVAILABLE'

/** Part of {@link Checkpoint}. */
export interface Skipped {
  readonly checkpoint: Digest
  readonly run: RunId
  readonly step: Step
  readonly reason: SkipReason
  /** The checkpoint in the chain at fault. */
  readonly because?: Digest
}

/** Progress position: a non-negative integer that grows within a run. */
export type Step = number

/** Part of {@link StepComparisonPage}. */
export interface StepComparison {
  readonly step: Step
  /** Frequent and cheap, or infrequent and lasting. */
  readonly tier: Tier
  readonly left?: Digest
  readonly right?: Digest
  readonly verdict: Verdict
  /**
   * The sections that are not equal, with at most 10 changes each; `state` is the kind and,
   * by rank and name, the digest of every blob.
   */
  readonly sections: readonly SectionComparison[]
}

/** What `compareRuns` answers. */
export interface StepComparisonPage {
  readonly items: readonly StepComparison[]
  readonly next: string | null
}

/** Part of {@link PolicySpec}. */
export interface StoragePolicy {
  readonly encryption?: RequiredEncryption
  readonly objectLock?: boolean
  readonly regions?: readonly string[]
  readonly lifecycle?: LifecycleRule
}

/** Part of {@link ShardPage}. */
export interface StoredShard {
  readonly rank: number
  readonly blobs: readonly BlobReference[]
  readonly seeds?: readonly Seed[]
  readonly digest: Digest
}

/** What `sweepCheckpoints` takes. */
export interface SweepCheckpoints {
  readonly dryRun: boolean
  readonly job?: JobName
  /** `next` of the slice before. */
  readonly after?: string
}

/** Part of {@link SweepReport}. */
export interface SweepLeft {
  readonly checkpoint: Digest
  /**
   * Where the bytes are, such as `s3://bucket/key` or `file:///…`. Behind `s3://bucket/`
   * stands the key as it is, with nothing encoded: `%20` there is a key with a percent sign.
   */
  readonly uri: string
  /**
   * The object version, opaque and compared exactly. A missing or `null` version is refused:
   * such an object can be overwritten.
   */
  readonly versionId: string
  /** The code of the refusal, such as `BLOB_LOCKED`. */
  readonly code: string
  readonly message: string
}

/** What `sweepCheckpoints` answers. */
export interface SweepReport {
  readonly dryRun: boolean
  /** Withdrawn checkpoints whose grace is over. */
  readonly checkpointCount: number
  /** Those of them of which nothing is left now. */
  readonly sweptCount: number
  /** Object versions removed, or that would be. */
  readonly removedCount: number
  /** Their declared sizes. */
  readonly removedBytes: number
  /** Object versions that were gone already. */
  readonly absentCount: number
  /** Object versions that stay, because something else needs them. */
  readonly sharedCount: number
  /** Withdrawn checkpoints that are held, in their grace, or under no policy. */
  readonly waitingCount: number
  /** Object versions that could not be removed. */
  readonly leftCount: number
  /** The first of those. */
  readonly left: readonly SweepLeft[]
  /** Send it as `after` to go on; null at the end. */
  readonly next: string | null
}

/** Part of {@link Checkpoint}. */
export interface SweepState {
  /** Where the removal of its bytes began: it can be restored no more. */
  readonly began: LogIndex
  /** Where the last of them was gone. */
  readonly ended?: LogIndex
}

/** Only checkpoints of this tier. Default: of both. */
export type Tier = 'light' | 'durable'

/** RFC 3339 in UTC with milliseconds, such as `2026-11-23T10:15:30.123Z`. */
export type Timestamp = string

/** Part of {@link Manifest}. */
export interface Timing {
  readonly startedAt?: Timestamp
  readonly stagedAt?: Timestamp
  readonly durableAt?: Timestamp
}

/** Part of {@link Checkpoint}. */
export interface Tombstone {
  readonly checkpoint: Digest
  readonly reason: TombstoneReason
  readonly note?: Note
  readonly successor?: Digest
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
}

/** What `tombstoneCheckpoint` takes. */
export interface TombstoneCheckpoint {
  readonly reason: TombstoneReason
  readonly note?: Note
  readonly successor?: Digest
}

/** Part of {@link Tombstone}. */
export type TombstoneReason =
  'superseded' | 'corrupt' | 'wrong-input' | 'wrong-code' | 'policy' | 'other'

/** What `tombstoneCheckpoint` answers. */
export interface TombstoneReceipt {
  readonly checkpoint: Digest
  readonly reason: TombstoneReason
  readonly note?: Note
  readonly successor?: Digest
  readonly actor: string
  readonly index: LogIndex
  readonly at: Timestamp
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof: string
}

/**
 * Regions and buckets that are down: only states of which every blob is in another place
 * too. A place of an unknown region counts as up.
 */
export interface Unavailable {
  readonly regions?: readonly Region[]
  readonly buckets?: readonly string[]
}

/** Part of {@link FormatReceipt}. */
export interface Upcast {
  readonly from: FormatVersionName
  readonly patch: readonly PatchOperation[]
}

/** `unknown`: one side recorded nothing, which is never taken as equal. */
export type Verdict = 'equal' | 'different' | 'unknown'

/** What `verifyCheckpoint` answers. */
export interface Verification {
  /** Send it again to follow this one, rather than begin another. */
  readonly verification: string
  readonly checkpoint: Digest
  readonly depth: Depth
  readonly state: VerificationState
  readonly blobsDone: number
  readonly blobCount: number
  /** Bytes of blobs that are done. */
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly outcome?: VerificationOutcome
  readonly faults: readonly BlobFault[]
  readonly detail?: EvidenceDetail
  readonly evidence?: Evidence
  /**
   * C2SP tlog-proof: the entry's index, the path from it to the root, and the signed tree
   * head of the batch that it came with.
   */
  readonly proof?: string
}

/** Part of {@link VerificationPolicy}. */
export type VerificationGrade = 'present' | 'verified'

/** `unknown`: somebody could not look; nothing is recorded, and nothing changes. */
export type VerificationOutcome = 'passed' | 'failed' | 'unknown'

/** Part of {@link PolicySpec}. */
export interface VerificationPolicy {
  /** How often the bytes of each checkpoint are looked at. */
  readonly everySeconds: number
  readonly grade: VerificationGrade
}

/** Part of {@link Verification}. */
export type VerificationState = 'running' | 'ended'

/** What `verifyCheckpoint` takes. */
export interface VerifyCheckpoint {
  readonly depth: Depth
  readonly verification?: string
}

/** The half-open span of time that the partition is about; the same for all its runs. */
export interface Window {
  /** The first moment of it. */
  readonly from: Timestamp
  /** The first moment after it. */
  readonly to: Timestamp
}

/** What each operation takes and answers, and its own codes beside those that all have. */
export interface Operations {
  /**
   * Declare a namespace. Opens a log of its own. Repeating the same declaration changes
   * nothing.
   */
  readonly declareNamespace: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: NamespaceSpec
    }
    readonly response: NamespaceReceipt
    readonly errors: 'DOCUMENT_TOO_LARGE'
  }
  /** List the namespaces the caller may read. */
  readonly listNamespaces: {
    readonly input: {
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
    }
    readonly response: NamespacePage
    readonly errors: 'INVALID_CURSOR'
  }
  /**
   * Declare a job. Repeating the same declaration changes nothing; another one replaces it,
   * the policy it names included.
   */
  readonly declareJob: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job: JobName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: JobSpec
    }
    readonly response: JobReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'POLICY_NOT_FOUND' | 'DOCUMENT_TOO_LARGE'
  }
  /** Get a job. */
  readonly getJob: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job: JobName
      readonly asOf?: LogIndex
    }
    readonly response: Job
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'JOB_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** List jobs by name. */
  readonly listJobs: {
    readonly input: {
      readonly namespace: NamespaceName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: JobPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Record an environment document. The digest of the canonical document must be the one in
   * the path.
   */
  readonly recordEnvironment: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: Environment
    }
    readonly response: EnvironmentReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'DIGEST_MISMATCH' | 'DOCUMENT_TOO_LARGE'
  }
  /** Get the exact bytes of an environment document. */
  readonly getEnvironment: {
    readonly input: { readonly namespace: NamespaceName; readonly digest: Digest }
    readonly response: Environment
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'ENVIRONMENT_NOT_FOUND'
  }
  /** Get a run. */
  readonly getRun: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly run: RunId
      readonly asOf?: LogIndex
    }
    readonly response: Run
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'RUN_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** List runs, newest first. */
  readonly listRuns: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job?: JobName
      readonly partition?: Partition
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: RunPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Close a run with its outcome. Closing again with the same outcome answers the same; with
   * another is refused.
   */
  readonly closeRun: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly run: RunId
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: CloseRun
    }
    readonly response: RunReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'RUN_NOT_FOUND' | 'RUN_CLOSED' | 'ATTEMPT_FENCED'
  }
  /**
   * Set a policy. Repeating the same changes nothing; another one replaces it, for every job
   * that names it.
   */
  readonly setPolicy: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly policy: PolicyName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: PolicySpec
    }
    readonly response: PolicyReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'DOCUMENT_TOO_LARGE'
  }
  /** Get a policy. */
  readonly getPolicy: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly policy: PolicyName
      readonly asOf?: LogIndex
    }
    readonly response: Policy
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'POLICY_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** List policies by name. */
  readonly listPolicies: {
    readonly input: {
      readonly namespace: NamespaceName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: PolicyPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Publish a version of a checkpoint format. A published version never changes; the same
   * again answers the same. From then on, registrations that name it are checked against its
   * schema.
   */
  readonly publishFormat: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly format: FormatName
      readonly version: FormatVersionName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: FormatSpec
    }
    readonly response: FormatReceipt
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'FORMAT_SCHEMA_INVALID'
      | 'FORMAT_INCOMPATIBLE'
      | 'FORMAT_CONFLICT'
      | 'FORMAT_NOT_FOUND'
      | 'UPCAST_INVALID'
      | 'DOCUMENT_TOO_LARGE'
  }
  /** Get a version of a checkpoint format. */
  readonly getFormatVersion: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly format: FormatName
      readonly version: FormatVersionName
      readonly asOf?: LogIndex
    }
    readonly response: FormatVersion
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'FORMAT_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** Get the versions of a checkpoint format with their changelog, newest first. */
  readonly getFormat: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly format: FormatName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: FormatVersionPage
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'FORMAT_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** List checkpoint formats by name, each with its newest version. */
  readonly listFormats: {
    readonly input: {
      readonly namespace: NamespaceName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: FormatPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Register a checkpoint. Durable when answered. The same manifest again answers the same
   * receipt; another manifest for the same run, step and tier is a conflict that names the
   * first.
   */
  readonly registerCheckpoint: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: Registration
    }
    readonly response: Receipt
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'RUN_NOT_FOUND'
      | 'RUN_MISMATCH'
      | 'RUN_CLOSED'
      | 'ATTEMPT_FENCED'
      | 'STEP_REGRESSION'
      | 'REGISTRATION_CONFLICT'
      | 'BASE_REQUIRED'
      | 'BASE_NOT_FOUND'
      | 'BASE_MISMATCH'
      | 'BASE_NOT_GOOD'
      | 'POLICY_VIOLATED'
      | 'CHAIN_TOO_LONG'
      | 'PARENT_NOT_FOUND'
      | 'ENVIRONMENT_NOT_FOUND'
      | 'SHARDS_INCOMPLETE'
      | 'UNPINNED_BLOB'
      | 'BLOBS_SWEPT'
      | 'DIGEST_MISMATCH'
      | 'FORMAT_MISMATCH'
      | 'DOCUMENT_TOO_LARGE'
  }
  /**
   * Register up to 256 checkpoints, each with a result of its own. An `Idempotency-Key` is
   * ignored: it binds one answer, and here every item has its own. The digest makes each item
   * safe to repeat: the same manifest again answers the same receipt.
   */
  readonly registerCheckpoints: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: Registrations
    }
    readonly response: BatchResults
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'BATCH_TOO_LARGE'
  }
  /** List checkpoints, newest first. */
  readonly listCheckpoints: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job?: JobName
      readonly partition?: Partition
      readonly run?: RunId
      readonly kind?: Kind
      /** Frequent and cheap, or infrequent and lasting. */
      readonly tier?: Tier
      readonly environment?: Digest
      readonly minStep?: Step
      readonly maxStep?: Step
      /** One label, as `key:value`. */
      readonly label?: string
      readonly tombstoned?: boolean
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: CheckpointPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** Get a checkpoint and its standing. */
  readonly getCheckpoint: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      readonly asOf?: LogIndex
    }
    readonly response: Checkpoint
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** Get the exact bytes of a manifest. */
  readonly getManifest: {
    readonly input: { readonly namespace: NamespaceName; readonly digest: Digest }
    readonly response: Manifest
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND'
  }
  /**
   * Reserve a checkpoint that several workers assemble. Everything but the shards is said
   * here, and checked as for a registration. Every worker may ask: the same again answers the
   * reservation that is there. Without a sign of life for `leaseSeconds` it is abandoned, and
   * after 24 hours in any case.
   */
  readonly openReservation: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: OpenReservation
    }
    readonly response: ReservationReceipt
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'RUN_NOT_FOUND'
      | 'RUN_MISMATCH'
      | 'RUN_CLOSED'
      | 'ATTEMPT_FENCED'
      | 'STEP_REGRESSION'
      | 'REGISTRATION_CONFLICT'
      | 'BASE_REQUIRED'
      | 'BASE_NOT_FOUND'
      | 'BASE_MISMATCH'
      | 'BASE_NOT_GOOD'
      | 'POLICY_VIOLATED'
      | 'CHAIN_TOO_LONG'
      | 'PARENT_NOT_FOUND'
      | 'ENVIRONMENT_NOT_FOUND'
      | 'SHARDS_INCOMPLETE'
      | 'BLOBS_SWEPT'
      | 'FORMAT_MISMATCH'
      | 'DOCUMENT_TOO_LARGE'
      | 'RESERVATION_CONFLICT'
      | 'WORLD_SIZE_MISMATCH'
  }
  /**
   * Put one worker's shard. Durable when answered, and a sign of life. In any order, from
   * anywhere; the same shard again changes nothing, another one for the rank is a conflict
   * that names both.
   */
  readonly recordShard: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly reservation: ReservationId
      /** The worker's rank, from 0 to below the world size. */
      readonly rank: string
      readonly body: PutShard
    }
    readonly response: ShardReceipt
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'RESERVATION_NOT_FOUND'
      | 'RESERVATION_EXPIRED'
      | 'RESERVATION_ENDED'
      | 'ATTEMPT_FENCED'
      | 'RUN_CLOSED'
      | 'RANK_OUT_OF_RANGE'
      | 'WORLD_SIZE_MISMATCH'
      | 'SHARD_CONFLICT'
      | 'UNPINNED_BLOB'
      | 'DOCUMENT_TOO_LARGE'
  }
  /**
   * Say that the work on a reservation goes on. The lease then lasts for its length from now,
   * and never beyond 24 hours in all.
   */
  readonly keepReservation: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly reservation: ReservationId
      readonly body: KeepReservation
    }
    readonly response: ReservationLease
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'RESERVATION_NOT_FOUND'
      | 'RESERVATION_EXPIRED'
      | 'RESERVATION_ENDED'
      | 'ATTEMPT_FENCED'
      | 'RUN_CLOSED'
      | 'WORLD_SIZE_MISMATCH'
  }
  /**
   * Register the checkpoint when all shards are there. The catalog makes the manifest, shards
   * in the order of their ranks, and registers it; the answer names its digest. Again, it
   * answers the same receipt.
   */
  readonly finalizeReservation: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly reservation: ReservationId
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: FinalizeReservation
    }
    readonly response: Receipt
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'RESERVATION_NOT_FOUND'
      | 'RESERVATION_EXPIRED'
      | 'RESERVATION_ENDED'
      | 'ATTEMPT_FENCED'
      | 'RUN_CLOSED'
      | 'RUN_NOT_FOUND'
      | 'RUN_MISMATCH'
      | 'STEP_REGRESSION'
      | 'REGISTRATION_CONFLICT'
      | 'BASE_REQUIRED'
      | 'BASE_NOT_FOUND'
      | 'BASE_MISMATCH'
      | 'BASE_NOT_GOOD'
      | 'POLICY_VIOLATED'
      | 'CHAIN_TOO_LONG'
      | 'PARENT_NOT_FOUND'
      | 'ENVIRONMENT_NOT_FOUND'
      | 'SHARDS_INCOMPLETE'
      | 'BLOBS_SWEPT'
      | 'FORMAT_MISMATCH'
      | 'DOCUMENT_TOO_LARGE'
      | 'WORLD_SIZE_MISMATCH'
  }
  /**
   * Give a reservation up. What was put for it is listed as left behind. Again, it answers
   * the same.
   */
  readonly abandonReservation: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly reservation: ReservationId
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: AbandonReservation
    }
    readonly response: ReservationReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'RESERVATION_NOT_FOUND' | 'RESERVATION_ENDED'
  }
  /** Get a reservation, and who is missing. */
  readonly getReservation: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly reservation: ReservationId
      readonly asOf?: LogIndex
    }
    readonly response: Reservation
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'RESERVATION_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** List reservations, newest first. Abandoned ones name the blobs that they left behind. */
  readonly listReservations: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job?: JobName
      readonly partition?: Partition
      readonly run?: RunId
      readonly state?: ReservationState
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: ReservationPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * List the shards of a reservation, by rank. Those that wait in an open one, or that an
   * abandoned one left behind. A finalized one has none: they are in the manifest.
   */
  readonly listShards: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly reservation: ReservationId
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
    }
    readonly response: ShardPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'RESERVATION_NOT_FOUND' | 'INVALID_CURSOR'
  }
  /**
   * Open a run and, in the same step, resume from the last good state. Fences every older
   * attempt of the job and partition, and declares the job if nobody has. With `latest`, a
   * job whose current line has no checkpoint yet starts fresh (`plan` is null); one that has
   * candidates but no good one is refused with `NO_GOOD_CHECKPOINT`. `none` starts a new line
   * on purpose; a digest resumes from that checkpoint or fails. A resume token does too, and
   * is refused with `RESUME_TOKEN_STALE` where the line has a newer good state, unless
   * `rewind` is given. `abandons` says what of the current line is left behind.
   */
  readonly openRun: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: OpenRun
    }
    readonly response: OpenedRun
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'NO_GOOD_CHECKPOINT'
      | 'CHECKPOINT_NOT_FOUND'
      | 'CHECKPOINT_NOT_GOOD'
      | 'BLOBS_SWEPT'
      | 'RESUME_MISMATCH'
      | 'ENVIRONMENT_NOT_FOUND'
      | 'REGISTRATION_CONFLICT'
      | 'RESUME_TOKEN_INVALID'
      | 'RESUME_TOKEN_EXPIRED'
      | 'RESUME_TOKEN_MISMATCH'
      | 'RESUME_TOKEN_STALE'
      | 'WINDOW_MISMATCH'
      | 'PLAN_TOO_LARGE'
      | 'DRIFT_REFUSED'
      | 'DRIFT_UNACKNOWLEDGED'
  }
  /**
   * Get the latest good checkpoint, and what was passed over. Good or an error: never an
   * older line, a withdrawn or a failing state.
   */
  readonly getLatest: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job: JobName
      readonly partition?: Partition
      readonly minGrade?: Grade
      /** Only states made in this environment. */
      readonly environment?: Digest
      /** Also look at lines that later attempts left behind. */
      readonly includeAbandoned?: boolean
      readonly asOf?: LogIndex
    }
    readonly response: Latest
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'JOB_NOT_FOUND' | 'NO_GOOD_CHECKPOINT' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Plan a recovery without opening a run. Changes nothing. Without `checkpoint`, plans from
   * the latest good one that the caller can use; what was passed over is listed with its
   * reason. `presign` asks for URLs to the bytes themselves, and needs `append` on the job.
   */
  readonly planRecovery: {
    readonly input: { readonly namespace: NamespaceName; readonly body: PlanRecovery }
    readonly response: RecoveryPlan
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'JOB_NOT_FOUND'
      | 'NO_GOOD_CHECKPOINT'
      | 'CHECKPOINT_NOT_FOUND'
      | 'CHECKPOINT_NOT_GOOD'
      | 'BLOBS_SWEPT'
      | 'RESUME_MISMATCH'
      | 'PLAN_TOO_LARGE'
      | 'ENVIRONMENT_NOT_FOUND'
      | 'DRIFT_REFUSED'
      | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Get which windows of a range have a good checkpoint. Stretches in the order of their
   * windows: good, missing (no window, nothing saved, or nothing good), and where two windows
   * overlap; a window that was worked on again after it had succeeded says so. `limit` counts
   * windows, each of which gives up to three stretches.
   */
  readonly getCoverage: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job: JobName
      /** The first moment of it. */
      readonly from: Timestamp
      /** The first moment after it. */
      readonly to: Timestamp
      readonly minGrade?: Grade
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: CoveragePage
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'JOB_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Get what going back to a checkpoint would abandon. Changes nothing. To go back, open a
   * run with `resume` set to the checkpoint and `rewind`.
   */
  readonly previewRewind: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job: JobName
      readonly to: Digest
      readonly partition?: Partition
      readonly asOf?: LogIndex
    }
    readonly response: Abandoned
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'CHECKPOINT_NOT_FOUND'
      | 'CHECKPOINT_NOT_GOOD'
      | 'RESUME_MISMATCH'
      | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Get a small signed token that stands for a good state. For orchestrators that keep one
   * short text between attempts. It is bound to the namespace, job, partition and checkpoint,
   * and expires; it grants nothing: who exchanges it needs a grant of their own. Without
   * `checkpoint`, for the latest good one. Changes nothing.
   */
  readonly issueResumeToken: {
    readonly input: { readonly namespace: NamespaceName; readonly body: IssueResumeToken }
    readonly response: ResumeToken
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'CHECKPOINT_NOT_FOUND'
      | 'CHECKPOINT_NOT_GOOD'
      | 'RESUME_MISMATCH'
      | 'JOB_NOT_FOUND'
      | 'NO_GOOD_CHECKPOINT'
  }
  /**
   * Get the plan that a resume token stands for. Changes nothing. To go on from it, open a
   * run with `resume` set to `{ "token": … }`.
   */
  readonly exchangeResumeToken: {
    readonly input: { readonly namespace: NamespaceName; readonly body: ExchangeResumeToken }
    readonly response: RecoveryPlan
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'CHECKPOINT_NOT_FOUND'
      | 'CHECKPOINT_NOT_GOOD'
      | 'RESUME_MISMATCH'
      | 'RESUME_TOKEN_INVALID'
      | 'RESUME_TOKEN_EXPIRED'
      | 'RESUME_TOKEN_MISMATCH'
      | 'PLAN_TOO_LARGE'
  }
  /**
   * Begin a restore of a checkpoint, and say whose its bytes are then. Recorded before
   * anything is fetched: retention keeps the checkpoint and its chain while the restore is
   * under way, for up to 24 hours. A `claim` needs `run`.
   */
  readonly openRestore: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: OpenRestore
    }
    readonly response: RestoreReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'RUN_NOT_FOUND'
  }
  /**
   * Report how a restore ended. A success with checked bytes raises the grade of the
   * checkpoint, and of all that it needs, to `restored`. A failure is evidence against the
   * checkpoint of the chain that holds a blob which is lost in every one of its places: the
   * bytes there are of another size or digest, or the version is missing and the catalog,
   * which looks for itself, finds so too. What only the client missed demotes nothing, and
   * plans warn of it; that a store could not be reached is no evidence. The same outcome
   * again changes nothing.
   */
  readonly closeRestore: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly restore: RestoreId
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: CloseRestore
    }
    readonly response: RestoreEnd
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'RESTORE_NOT_FOUND' | 'RESTORE_CLOSED'
  }
  /**
   * Acknowledge how what is run differs from what made a state. Holds for exactly this
   * difference, under the rules that are in force, and for every state of the job that
   * differs so. Repeating it answers the first one.
   */
  readonly acknowledgeDrift: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: AcknowledgeDrift
    }
    readonly response: DriftAcknowledgement
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'ENVIRONMENT_NOT_FOUND' | 'DRIFT_REFUSED'
  }
  /**
   * List restores, newest first. Without a job, the principal needs `read` on the whole
   * namespace.
   */
  readonly listRestores: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job?: JobName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: RestorePage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Plan recoveries under faults that did not happen. What would lose its last good state, or
   * fall back to an older one, and what work that would cost, for one job or for all that the
   * caller may read. Changes nothing; with `record`, which needs `verify` on the job or the
   * whole namespace, the drill itself becomes an entry. `limit` counts jobs and partitions.
   */
  readonly planDrill: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: PlanDrill
    }
    readonly response: Drill
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'JOB_NOT_FOUND'
      | 'CHECKPOINT_NOT_FOUND'
      | 'POLICY_NOT_FOUND'
      | 'DRILL_TARGET_NOT_FOUND'
      | 'INVALID_CURSOR'
      | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Record what came of a restore into a scratch folder. Raises no grade and counts as no
   * evidence: a rehearsal changes what is due, and nothing else.
   */
  readonly recordRehearsal: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: RecordRehearsal
    }
    readonly response: DrillReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'RESUME_MISMATCH'
  }
  /**
   * List jobs that have not been rehearsed as often as their policy says. By
   * `rehearseEverySeconds` of the policy that each job names. A page may be short; `next`
   * says whether there is more.
   */
  readonly listDueDrills: {
    readonly input: {
      readonly namespace: NamespaceName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
    }
    readonly response: DueDrillPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR'
  }
  /** Get ancestors or descendants, bounded in depth and count. */
  readonly getLineage: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      /** Default: `"ancestors"`. */
      readonly direction?: Direction
      /** Default: `10`. */
      readonly depth?: number
      /** Default: `100`. */
      readonly limit?: number
      readonly asOf?: LogIndex
    }
    readonly response: Lineage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** Compare parameters, seeds, inputs, format and environment of two checkpoints. */
  readonly compareCheckpoints: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      readonly other: Digest
    }
    readonly response: Comparison
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND'
  }
  /** Grade how replayable a checkpoint is, and name what is missing. */
  readonly getReplayability: {
    readonly input: { readonly namespace: NamespaceName; readonly digest: Digest }
    readonly response: Replayability
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND'
  }
  /**
   * List the checkpoints of the line that leads to a run, oldest first. What the run restored
   * from, as far as it was taken over, and then its own; withdrawn ones too.
   */
  readonly listLine: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly run: RunId
      readonly minStep?: Step
      readonly maxStep?: Step
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: LinePage
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'RUN_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Compare the lines that lead to two runs, step by step and oldest first. Checkpoints of
   * the same step and tier are compared by the digests of their blobs, and by how they came
   * to be. A step that only one line has is `unknown`.
   */
  readonly compareRuns: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly run: RunId
      readonly against: RunId
      readonly minStep?: Step
      readonly maxStep?: Step
      /** Default: `25`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: StepComparisonPage
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'RUN_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Record a finding about a checkpoint's bytes. A pass raises the grade to its finding; a
   * failure makes the checkpoint, and every delta on it, not good until a later pass of at
   * least its grade.
   */
  readonly recordEvidence: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: RecordEvidence
    }
    readonly response: EvidenceReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND'
  }
  /**
   * Look at a checkpoint's blobs in their stores, and record what was found. Answers when it
   * has ended, or after some seconds with `state` `running`: then send `verification` to
   * follow it. A blob that is gone or differs is recorded as failed at once; what could not
   * be looked at is `unknown`, is not recorded and changes nothing. A blob with copies fails
   * only when it fails in every place. An `Idempotency-Key` is ignored: while one is under
   * way, the same request follows it.
   */
  readonly verifyCheckpoint: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      readonly body: VerifyCheckpoint
    }
    readonly response: Verification
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND'
  }
  /** List the buckets of the configuration, and what their newest probes found. */
  readonly listBuckets: {
    readonly input: { readonly namespace: NamespaceName; readonly asOf?: LogIndex }
    readonly response: Buckets
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /**
   * Try out what a bucket can do, and record it. Writes to a scratch folder under the prefix
   * of the bucket, and removes it. What is not proven is not used.
   */
  readonly probeBucket: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly bucket: BucketName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
    }
    readonly response: BucketProbe
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'BUCKET_NOT_ALLOWED'
      | 'BUCKET_ACCESS_DENIED'
      | 'STORE_UNAVAILABLE'
      | 'STORE_UNSUITABLE'
  }
  /**
   * Compare what a bucket holds with what checkpoints point at, both ways. Answers when it
   * has ended, or after some seconds with `state` `running`: then send `reconciliation` to
   * follow it. Records the counts and some examples; removes and demotes nothing. An
   * `Idempotency-Key` is ignored: while one is under way, the same request follows it.
   */
  readonly reconcileBucket: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly bucket: BucketName
      readonly body: ReconcileBucket
    }
    readonly response: Reconciliation
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'BUCKET_NOT_ALLOWED'
      | 'BUCKET_ACCESS_DENIED'
      | 'BLOB_CORRUPT'
      | 'BLOB_NOT_FOUND'
      | 'INVALID_CURSOR'
      | 'STORE_UNAVAILABLE'
      | 'STORE_UNSUITABLE'
  }
  /**
   * Withdraw a checkpoint for good. Refused while a live delta needs it. The same tombstone
   * again answers the first; another is refused.
   */
  readonly tombstoneCheckpoint: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: TombstoneCheckpoint
    }
    readonly response: TombstoneReceipt
    readonly errors:
      | 'NAMESPACE_NOT_FOUND'
      | 'CHECKPOINT_NOT_FOUND'
      | 'ALREADY_TOMBSTONED'
      | 'CHAIN_IN_USE'
      | 'LINEAGE_CYCLE'
  }
  /**
   * Decide what to keep by policy, and withdraw the rest. A dry run only records that it was
   * made. Held checkpoints, what `latest` would answer at any grade, and what kept ones need
   * are always kept. At most 10,000 are withdrawn; `leftCount` says whether to run again.
   */
  readonly runRetention: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: RunRetention
    }
    readonly response: RetentionReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'POLICY_NOT_FOUND' | 'RETENTION_TOO_LARGE'
  }
  /**
   * Remove bytes of withdrawn checkpoints whose grace is over. One slice; `next` says where
   * to go on. Each object is removed only while no live, held or graced manifest of any
   * namespace refers to it; locked ones stay. Jobs without a policy that has `retention` or
   * `graceSeconds` are never swept.
   */
  readonly sweepCheckpoints: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: SweepCheckpoints
    }
    readonly response: SweepReport
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR'
  }
  /** List retention runs, newest first. */
  readonly listRetentionRuns: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly job?: JobName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
    }
    readonly response: RetentionRuns
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR'
  }
  /**
   * Get a retention run, and what it decided about each checkpoint. Job by job and partition
   * by partition, newest first, with every reason.
   */
  readonly getRetentionRun: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly retentionRun: RetentionRunId
      readonly decision?: KeepOrDrop
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
    }
    readonly response: RetentionRunPage
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'RETENTION_RUN_NOT_FOUND' | 'RETENTION_TOO_LARGE' | 'INVALID_CURSOR'
  }
  /**
   * Place a hold on a checkpoint. While it lasts, neither a retention run nor a sweep takes
   * the checkpoint or what its chain needs. The same again changes nothing; another reason or
   * end replaces it.
   */
  readonly placeHold: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      readonly hold: HoldName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
      readonly body: PlaceHold
    }
    readonly response: HoldReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'BLOBS_SWEPT'
  }
  /** Lift a hold. Lifting it again answers the same. */
  readonly liftHold: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      readonly hold: HoldName
      /**
       * Answer when the quorum of witnesses has cosigned the log with this write in it, for up to
       * 30 seconds; `NOT_WITNESSED` says that the write is recorded all the same.
       */
      readonly wait?: 'witnessed'
    }
    readonly response: HoldLifted
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'HOLD_NOT_FOUND'
  }
  /**
   * List the holds on a checkpoint, oldest first. Those that were not lifted; one whose
   * `until` has passed bars nothing any more.
   */
  readonly listHolds: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      readonly asOf?: LogIndex
    }
    readonly response: HoldPage
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** Everything recorded about a checkpoint, oldest first. */
  readonly getHistory: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly digest: Digest
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
    }
    readonly response: HistoryPage
    readonly errors:
      'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'INVALID_CURSOR' | 'LOG_CORRUPT'
  }
  /** Read the namespace's log in order. */
  readonly listEntries: {
    readonly input: {
      readonly namespace: NamespaceName
      /** Index of the last entry already seen; -1 or absent for the beginning. */
      readonly after?: number
      /** Default: `50`. */
      readonly limit?: number
    }
    readonly response: EntryPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'LOG_CORRUPT'
  }
  /** Read who asked what: every write, and every request that was denied. */
  readonly listAccessLog: {
    readonly input: {
      readonly namespace: NamespaceName
      /** Default: `50`. */
      readonly limit?: number
      /** `next` of the page before; belongs to the same list and filters. */
      readonly cursor?: string
      /** Which records come first. Default: `"oldest-first"`. */
      readonly order?: 'oldest-first' | 'newest-first'
    }
    readonly response: AccessPage
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'INVALID_CURSOR'
  }
  /**
   * Get the newest signed tree head. A C2SP signed note. The path is the one of C2SP
   * tlog-tiles, which calls a signed tree head a checkpoint.
   */
  readonly getTreeHead: {
    readonly input: { readonly namespace: NamespaceName }
    readonly response: string
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'LOG_ROLLED_BACK'
  }
  /**
   * Get a tile of hashes or a bundle of entries. As C2SP tlog-tiles has it. Entry bundles
   * show what every job does: they need `audit` on the whole namespace.
   */
  readonly getTile: {
    readonly input: {
      readonly namespace: NamespaceName
      /**
       * Level and index, such as `0/x001/234`, or `entries/` and an index; `.p/` and a width from
       * 1 to 255 for a partial one. Has slashes.
       */
      readonly tile: string
    }
    readonly response: string
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'TILE_NOT_FOUND'
  }
  /** Prove that an entry is in the log of a size. */
  readonly getInclusionProof: {
    readonly input: {
      readonly namespace: NamespaceName
      readonly index: LogIndex
      /** A number of entries; any size that the log has had, not only those of signed heads. */
      readonly size: number
    }
    readonly response: InclusionProof
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** Prove that the log of one size is the beginning of that of another. */
  readonly getConsistencyProof: {
    readonly input: {
      readonly namespace: NamespaceName
      /** A number of entries; any size that the log has had, not only those of signed heads. */
      readonly from: number
      /** A number of entries; any size that the log has had, not only those of signed heads. */
      readonly to: number
    }
    readonly response: ConsistencyProof
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'LOG_INDEX_OUT_OF_RANGE'
  }
  /** Get the log's origin and verifier keys. */
  readonly getLogKeys: {
    readonly input: { readonly namespace: NamespaceName }
    readonly response: LogKeys
    readonly errors: 'NAMESPACE_NOT_FOUND'
  }
  /**
   * Get the entry that registered a checkpoint, and the proof of it. Entry, manifest and
   * blobs make one chain: the entry names the digest of the manifest, which names those of
   * the blobs.
   */
  readonly getReceipt: {
    readonly input: { readonly namespace: NamespaceName; readonly digest: Digest }
    readonly response: CheckpointReceipt
    readonly errors: 'NAMESPACE_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND' | 'LOG_ROLLED_BACK'
  }
}

/** The name of an operation. */
export type OperationId = keyof Operations

/** How an operation is sent. */
export interface OperationRow {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Template with members of the input in braces; the others, but for the body, go into the query. */
  readonly path: string
  /** Whether the last member of the path may hold slashes. Default: it may not. */
  readonly tail?: true
  /** `by-key`: only a key makes a repeat safe. Default: it is safe by its own nature. */
  readonly repeat?: 'by-key'
  /** `bytes`: exact bytes. Default: JSON. */
  readonly answer?: 'bytes'
}

/** How each operation is sent. */
export const operationTable: Readonly<Record<OperationId, OperationRow>> = {
  declareNamespace: { method: 'PUT', path: '/v1/namespaces/{namespace}' },
  listNamespaces: { method: 'GET', path: '/v1/namespaces' },
  declareJob: { method: 'PUT', path: '/v1/namespaces/{namespace}/jobs/{job}' },
  getJob: { method: 'GET', path: '/v1/namespaces/{namespace}/jobs/{job}' },
  listJobs: { method: 'GET', path: '/v1/namespaces/{namespace}/jobs' },
  recordEnvironment: { method: 'PUT', path: '/v1/namespaces/{namespace}/environments/{digest}' },
  getEnvironment: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/environments/{digest}',
    answer: 'bytes',
  },
  getRun: { method: 'GET', path: '/v1/namespaces/{namespace}/runs/{run}' },
  listRuns: { method: 'GET', path: '/v1/namespaces/{namespace}/runs' },
  closeRun: { method: 'POST', path: '/v1/namespaces/{namespace}/runs/{run}/close' },
  setPolicy: { method: 'PUT', path: '/v1/namespaces/{namespace}/policies/{policy}' },
  getPolicy: { method: 'GET', path: '/v1/namespaces/{namespace}/policies/{policy}' },
  listPolicies: { method: 'GET', path: '/v1/namespaces/{namespace}/policies' },
  publishFormat: {
    method: 'PUT',
    path: '/v1/namespaces/{namespace}/formats/{format}/versions/{version}',
  },
  getFormatVersion: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/formats/{format}/versions/{version}',
  },
  getFormat: { method: 'GET', path: '/v1/namespaces/{namespace}/formats/{format}' },
  listFormats: { method: 'GET', path: '/v1/namespaces/{namespace}/formats' },
  registerCheckpoint: { method: 'POST', path: '/v1/namespaces/{namespace}/checkpoints' },
  registerCheckpoints: { method: 'POST', path: '/v1/namespaces/{namespace}/checkpoints/batch' },
  listCheckpoints: { method: 'GET', path: '/v1/namespaces/{namespace}/checkpoints' },
  getCheckpoint: { method: 'GET', path: '/v1/namespaces/{namespace}/checkpoints/{digest}' },
  getManifest: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/manifest',
    answer: 'bytes',
  },
  openReservation: { method: 'POST', path: '/v1/namespaces/{namespace}/reservations' },
  recordShard: {
    method: 'PUT',
    path: '/v1/namespaces/{namespace}/reservations/{reservation}/shards/{rank}',
  },
  keepReservation: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/reservations/{reservation}/keep-alive',
  },
  finalizeReservation: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/reservations/{reservation}/finalize',
  },
  abandonReservation: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/reservations/{reservation}/abandon',
  },
  getReservation: { method: 'GET', path: '/v1/namespaces/{namespace}/reservations/{reservation}' },
  listReservations: { method: 'GET', path: '/v1/namespaces/{namespace}/reservations' },
  listShards: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/reservations/{reservation}/shards',
  },
  openRun: { method: 'POST', path: '/v1/namespaces/{namespace}/runs', repeat: 'by-key' },
  getLatest: { method: 'GET', path: '/v1/namespaces/{namespace}/jobs/{job}/latest' },
  planRecovery: { method: 'POST', path: '/v1/namespaces/{namespace}/recovery-plans' },
  getCoverage: { method: 'GET', path: '/v1/namespaces/{namespace}/jobs/{job}/coverage' },
  previewRewind: { method: 'GET', path: '/v1/namespaces/{namespace}/jobs/{job}/rewind' },
  issueResumeToken: { method: 'POST', path: '/v1/namespaces/{namespace}/resume-tokens' },
  exchangeResumeToken: { method: 'POST', path: '/v1/namespaces/{namespace}/resume-tokens/plan' },
  openRestore: { method: 'POST', path: '/v1/namespaces/{namespace}/restores', repeat: 'by-key' },
  closeRestore: { method: 'POST', path: '/v1/namespaces/{namespace}/restores/{restore}/outcome' },
  acknowledgeDrift: { method: 'POST', path: '/v1/namespaces/{namespace}/drift-acknowledgements' },
  listRestores: { method: 'GET', path: '/v1/namespaces/{namespace}/restores' },
  planDrill: { method: 'POST', path: '/v1/namespaces/{namespace}/drills', repeat: 'by-key' },
  recordRehearsal: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/drills/outcomes',
    repeat: 'by-key',
  },
  listDueDrills: { method: 'GET', path: '/v1/namespaces/{namespace}/drills/due' },
  getLineage: { method: 'GET', path: '/v1/namespaces/{namespace}/checkpoints/{digest}/lineage' },
  compareCheckpoints: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/comparison/{other}',
  },
  getReplayability: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/replay',
  },
  listLine: { method: 'GET', path: '/v1/namespaces/{namespace}/runs/{run}/line' },
  compareRuns: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/runs/{run}/comparison/{against}',
  },
  recordEvidence: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/evidence',
    repeat: 'by-key',
  },
  verifyCheckpoint: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/verify',
  },
  listBuckets: { method: 'GET', path: '/v1/namespaces/{namespace}/buckets' },
  probeBucket: { method: 'POST', path: '/v1/namespaces/{namespace}/buckets/{bucket}/probe' },
  reconcileBucket: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/buckets/{bucket}/reconciliations',
  },
  tombstoneCheckpoint: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/tombstone',
  },
  runRetention: {
    method: 'POST',
    path: '/v1/namespaces/{namespace}/retention-runs',
    repeat: 'by-key',
  },
  sweepCheckpoints: { method: 'POST', path: '/v1/namespaces/{namespace}/sweeps' },
  listRetentionRuns: { method: 'GET', path: '/v1/namespaces/{namespace}/retention-runs' },
  getRetentionRun: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/retention-runs/{retentionRun}',
  },
  placeHold: {
    method: 'PUT',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/holds/{hold}',
  },
  liftHold: {
    method: 'DELETE',
    path: '/v1/namespaces/{namespace}/checkpoints/{digest}/holds/{hold}',
  },
  listHolds: { method: 'GET', path: '/v1/namespaces/{namespace}/checkpoints/{digest}/holds' },
  getHistory: { method: 'GET', path: '/v1/namespaces/{namespace}/checkpoints/{digest}/history' },
  listEntries: { method: 'GET', path: '/v1/namespaces/{namespace}/entries' },
  listAccessLog: { method: 'GET', path: '/v1/namespaces/{namespace}/access-log' },
  getTreeHead: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/log/checkpoint',
    answer: 'bytes',
  },
  getTile: {
    method: 'GET',
    path: '/v1/namespaces/{namespace}/log/tile/{tile}',
    tail: true,
    answer: 'bytes',
  },
  getInclusionProof: { method: 'GET', path: '/v1/namespaces/{namespace}/log/proofs/inclusion' },
  getConsistencyProof: { method: 'GET', path: '/v1/namespaces/{namespace}/log/proofs/consistency' },
  getLogKeys: { method: 'GET', path: '/v1/namespaces/{namespace}/log/keys' },
  getReceipt: { method: 'GET', path: '/v1/namespaces/{namespace}/checkpoints/{digest}/receipt' },
}
