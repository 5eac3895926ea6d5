export { canonicalize } from '../schema/canonical-json.ts'
export {
  CatalogError,
  errorCodes,
  isCatalogError,
  type ErrorCode,
  type ErrorDetail,
} from '../schema/errors.ts'
export type * from './api.ts'
export type { BlobContent, BlobStore, PutOptions } from './blob-store.ts'
export type {
  CheckpointInput,
  ContentInput,
  ReserveInput,
  StagedInput,
} from './checkpoint-input.ts'
export { CatalogClient } from './client.ts'
export type { Clock, SleepOptions } from './clock.ts'
export type {
  CheckpointResult,
  FlushOptions,
  FlushReport,
  StagedResult,
} from './checkpoint-result.ts'
export { digestOf } from './document-digest.ts'
export type {
  Hooks,
  LogStoppedEvent,
  RequestEvent,
  ResponseEvent,
  RetryEvent,
  SpoolEvent,
} from './hooks.ts'
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
export type { NamedContent, Staging, Uploads, UploadParts } from './staging.ts'
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
