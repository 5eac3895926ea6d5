import { Type, type Static } from 'typebox'
import { BlobReference } from './blob-reference.ts'
import { CheckpointSummary, Skipped } from './checkpoint.ts'
import { Environment } from './environment.ts'
import { FormatReading } from './format.ts'
import type { Immutable } from './immutable.ts'
import { JsonMap } from './json-value.ts'
import { Format, InputPin, Kind, Progress, Seed } from './manifest.ts'
import { Digest, JobName, LogIndex, NamespaceName, Partition, Step } from './names.ts'

/** Most blobs one plan may list; a larger state is read manifest by manifest. */
export const PLAN_BLOBS_MAX_COUNT = 100_000

/** One blob to fetch, and the worker that needs it. */
export const PlanBlob = Type.Object(
  { rank: Type.Integer({ minimum: 0 }), ...BlobReference.properties },
  { title: 'PlanBlob', additionalProperties: false },
)
export type PlanBlob = Immutable<Static<typeof PlanBlob>>

/** One checkpoint of the chain, in the order in which to apply them: the full one first. */
export const PlanStage = Type.Object(
  { checkpoint: Digest, kind: Kind, step: Step, blobs: Type.Array(PlanBlob) },
  { title: 'PlanStage', additionalProperties: false },
)
export type PlanStage = Immutable<Static<typeof PlanStage>>

export const RankSeeds = Type.Object(
  { rank: Type.Integer({ minimum: 0 }), seeds: Type.Array(Seed) },
  { title: 'RankSeeds', additionalProperties: false },
)

export const PlanWarning = Type.Object(
  {
    code: Type.Enum(
      [
        'SEEDS_INCOMPLETE',
        'INPUT_UNPINNED',
        'ENVIRONMENT_MISSING',
        'NOT_VERIFIED',
        'ABANDONED',
        'FORMAT_UNKNOWN',
        'UPCAST_FAILED',
      ],
      { title: 'PlanWarningCode' },
    ),
    message: Type.String(),
  },
  { title: 'PlanWarning', additionalProperties: false },
)
export type PlanWarning = Immutable<Static<typeof PlanWarning>>

/** Everything a job needs to go on from a checkpoint. */
export const RecoveryPlan = Type.Object(
  {
    namespace: NamespaceName,
    job: JobName,
    partition: Partition,
    checkpoint: Digest,
    step: Step,
    asOf: LogIndex,
    stages: Type.Array(PlanStage),
    blobCount: Type.Integer({ minimum: 0 }),
    totalBytes: Type.Integer({ minimum: 0 }),
    seeds: Type.Array(RankSeeds),
    parameters: Type.Optional(JsonMap),
    inputs: Type.Array(InputPin),
    format: Type.Optional(Format),
    formatReading: Type.Optional(FormatReading),
    progress: Type.Optional(Progress),
    environment: Type.Optional(
      Type.Object(
        { digest: Digest, document: Environment },
        { title: 'PlanEnvironment', additionalProperties: false },
      ),
    ),
    skipped: Type.Array(Skipped),
    warnings: Type.Array(PlanWarning),
  },
  { title: 'RecoveryPlan', additionalProperties: false },
)
export type RecoveryPlan = Immutable<Static<typeof RecoveryPlan>>

/** The latest good checkpoint, and every newer candidate that was passed over. */
export const Latest = Type.Object(
  { checkpoint: CheckpointSummary, asOf: LogIndex, skipped: Type.Array(Skipped) },
  { title: 'Latest', additionalProperties: false },
)
export type Latest = Immutable<Static<typeof Latest>>
