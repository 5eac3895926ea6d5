export { canonicalize } from '../schema/canonical-json.ts'
export {
  CatalogError,
  errorCodes,
  isCatalogError,
  type ErrorCode,
  type ErrorDetail,
} from '../schema/errors.ts'
export type {
  AbandonReason,
  AbandonReservation,
  AccessPage,
  AccessRecord,
  Attempt,
  BatchRefused,
  BatchRegistered,
  BatchResult,
  BatchResults,
  BestOrder,
  BlobReference,
  Change,
  Checkpoint,
  CheckpointPage,
  CheckpointReceipt,
  CheckpointSummary,
  CloseRun,
  Comparison,
  ConsistencyProof,
  Digest,
  Direction,
  EdgeRelation,
  EntryPage,
  EntryRecord,
  Environment,
  EnvironmentReceipt,
  EvidenceOutcome,
  EvidenceReceipt,
  FinalizeReservation,
  Finding,
  Format,
  Gap,
  Grade,
  HistoryPage,
  Hold,
  HoldLifted,
  HoldName,
  HoldPage,
  HoldReason,
  HoldReceipt,
  InclusionProof,
  InputPin,
  Job,
  JobName,
  JobPage,
  JobReceipt,
  JobSpec,
  Json,
  JsonMap,
  JsonObject,
  JsonValue,
  KeepBest,
  KeepEverySeconds,
  KeepEverySteps,
  KeepLatest,
  KeepNewerThan,
  KeepReservation,
  Kind,
  Labels,
  Latest,
  LifecycleRule,
  Lineage,
  LineageEdge,
  LineageNode,
  LogIndex,
  LogKeys,
  Manifest,
  Namespace,
  NamespaceName,
  NamespacePage,
  NamespaceReceipt,
  NamespaceSpec,
  Note,
  OpenReservation,
  OpenRun,
  OpenedRun,
  OperationId,
  Operations,
  Outcome,
  Parent,
  ParentRelation,
  Partition,
  Persistence,
  PlaceHold,
  PlanBlob,
  PlanEnvironment,
  PlanRecovery,
  PlanStage,
  PlanWarning,
  PlanWarningCode,
  Policy,
  PolicyName,
  PolicyPage,
  PolicyReceipt,
  PolicySpec,
  Problem,
  Progress,
  PutShard,
  RankSeeds,
  Receipt,
  RecordEvidence,
  RecoveryPlan,
  Registration,
  Registrations,
  RequiredEncryption,
  Reservation,
  ReservationId,
  ReservationLease,
  ReservationPage,
  ReservationReceipt,
  ReservationState,
  ReservedManifest,
  RestoredFrom,
  Retention,
  RetentionRule,
  Run,
  RunId,
  RunPage,
  RunReceipt,
  RunState,
  SectionComparison,
  Seed,
  Shard,
  ShardPage,
  ShardReceipt,
  SkipReason,
  Skipped,
  Step,
  StoragePolicy,
  StoredShard,
  Tier,
  Timestamp,
  Timing,
  Tombstone,
  TombstoneCheckpoint,
  TombstoneReason,
  TombstoneReceipt,
  Verdict,
  VerificationGrade,
  VerificationPolicy,
} from './api.ts'
export type { BlobContent, BlobStore } from './blob-store.ts'
export type { CheckpointInput, ReserveInput } from './checkpoint-input.ts'
export { CatalogClient } from './client.ts'
export type { Clock, SleepOptions } from './clock.ts'
export type { CheckpointResult, FlushOptions, FlushReport } from './delivery.ts'
export { digestOf } from './document-digest.ts'
export type { Hooks, RequestEvent, ResponseEvent, RetryEvent, SpoolEvent } from './hooks.ts'
export type { CallOptions, ClientOptions } from './options.ts'
export { PageIterator, type Page, type PageRequest, type PageSource } from './page.ts'
export {
  ReservationHandle,
  type PutShardOptions,
  type ShardInput,
  type ShardResult,
} from './reservation.ts'
export type { ResumeInput, Resumed } from './resources/runs.ts'
export { RunHandle, type ReserveOptions, type RunIdentity } from './run.ts'
export type { DrainReport, Spool, SpoolLine, SpoolRecord, SpoolStatus } from './spool.ts'
export type { Token } from './token.ts'
export type { LogQuestions, Trust } from './trust.ts'
export type {
  Finding as LogFinding,
  FindingCode as LogFindingCode,
  Parsed,
} from '../schema/transparency/finding.ts'
export {
  parseLogPolicy,
  type LogPolicy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
} from '../schema/transparency/log-policy.ts'
export type { TreeHead } from '../schema/transparency/tree-head.ts'
export { parseVerifierKey, type VerifierKey } from '../schema/transparency/verifier-key.ts'
export {
  acceptHead,
  type HeadAcceptance,
  type HeadConflict,
  type HeadOffer,
} from './verify/accept-head.ts'
export {
  auditLog,
  type AuditOptions,
  type AuditProgress,
  type AuditVerdict,
} from './verify/audit-log.ts'
export {
  checkCheckpoint,
  type CheckpointClaim,
  type CheckpointVerdict,
  type HeldBlob,
} from './verify/check-checkpoint.ts'
export { checkHead, type HeadVerdict, type TrustRoot } from './verify/check-head.ts'
export { checkReceipt, type ReceiptClaim, type ReceiptVerdict } from './verify/check-receipt.ts'
export type { HeadEvidence } from './verify/head-evidence.ts'
export { newHeadMemory, type HeadMemory } from './verify/head-memory.ts'
export { openHttpTiles, type HttpTilesOptions } from './verify/http-tiles.ts'
export { openTrust, type TrustOptions } from './verify/open-trust.ts'
export type { TrustTexts } from './verify/parse-trust-root.ts'
export { openTileProofs, type ProofPath, type TileProofs } from './verify/tile-nodes.ts'
export type { TileSource } from './verify/tile-source.ts'
export type { Verdict as LogVerdict } from './verify/verdict.ts'
