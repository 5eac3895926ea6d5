import { Type, type Static } from 'typebox'
import { BlobReference, Region } from './blob-reference.ts'
import { CheckpointSummary, Skipped } from './checkpoint.ts'
import { Drift } from './drift.ts'
import { Environment } from './environment.ts'
import { FormatReading } from './format.ts'
import type { Immutable } from './immutable.ts'
import { JsonMap } from './json-value.ts'
import { Format, InputPin, Kind, Progress, Seed } from './manifest.ts'
import { Digest, JobName, LogIndex, NamespaceName, Partition, Step, Timestamp } from './names.ts'

/** Most blobs one plan may list; a larger state is read manifest by manifest. */
export const PLAN_BLOBS_MAX_COUNT = 100_000

/** Most URLs one plan may hold: each is signed by itself. */
export const PLAN_URLS_MAX_COUNT = 10_000
/** S3 signs a URL for at most seven days. */
export const PRESIGN_MAX_SECONDS = 7 * 24 * 60 * 60
export const PRESIGN_DEFAULT_SECONDS = 60 * 60
/** More regions than anybody names by hand. */
const REGIONS_MAX_COUNT = 64

/** Where to fetch a blob from: an object of its store, or a URL that needs no credentials. */
export const PlanSource = Type.Object(
  {
    kind: Type.Enum(['url', 'object'], { title: 'PlanSourceKind' }),
    uri: BlobReference.properties.uri,
    versionId: BlobReference.properties.versionId,
    bucket: Type.Optional(Type.String({ description: 'Its name in the configuration.' })),
    region: Type.Optional(Region),
    url: Type.Optional(
      Type.String({
        description: 'Whoever has it can read the bytes until it expires. Never log it.',
      }),
    ),
    expiresAt: Type.Optional(Timestamp),
  },
  { title: 'PlanSource', additionalProperties: false },
)
export type PlanSource = Immutable<Static<typeof PlanSource>>

/** From where to fetch, and how. */
export const sourceWishes = {
  presign: Type.Optional(
    Type.Boolean({
      description:
        'Give a URL for each blob, where a probe has proven that the store serves it. A URL that was signed with temporary credentials ends with them.',
    }),
  ),
  presignSeconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: PRESIGN_MAX_SECONDS,
      default: PRESIGN_DEFAULT_SECONDS,
      description: 'How long each URL is good for.',
    }),
  ),
  regions: Type.Optional(
    Type.Array(Region, {
      maxItems: REGIONS_MAX_COUNT,
      description: 'Regions to fetch from, the best first; others come after them.',
    }),
  ),
}

/** One blob to fetch, and the worker that needs it. */
export const PlanBlob = Type.Object(
  {
    rank: Type.Integer({ minimum: 0 }),
    ...BlobReference.properties,
    sources: Type.Optional(
      Type.Array(PlanSource, {
        description:
          'Where to fetch it from, the best first: when one fails, the next. Only where there is a choice, or one was asked for.',
      }),
    ),
  },
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

/** Whether every rank can draw the random numbers that it would have drawn. */
export const SeedCoverage = Type.Object(
  {
    rankCount: Type.Integer({ minimum: 1 }),
    seededCount: Type.Integer({ minimum: 0 }),
    missingRanks: Type.Array(Type.Integer({ minimum: 0 }), {
      description: 'Ranks without any seed; at most 100 are listed.',
    }),
    unevenGenerators: Type.Array(Type.String(), {
      description: 'Generators that some of the ranks have seeds of, and others not.',
    }),
  },
  { title: 'SeedCoverage', additionalProperties: false },
)
export type SeedCoverage = Immutable<Static<typeof SeedCoverage>>

/** How long a restore will take, from the newest restores of the job that were reported. */
export const RestoreEstimate = Type.Object(
  {
    durationMs: Type.Integer({ minimum: 0 }),
    bytesPerSecond: Type.Integer({ description: 'Their median rate.', minimum: 1 }),
    restoreCount: Type.Integer({ minimum: 1 }),
  },
  {
    title: 'RestoreEstimate',
    description: 'Absent where no restore of the job has been reported.',
    additionalProperties: false,
  },
)
export type RestoreEstimate = Immutable<Static<typeof RestoreEstimate>>

export const PlanWarning = Type.Object(
  {
    code: Type.Enum(
      [
        'SEEDS_INCOMPLETE',
        'SEEDS_UNEVEN',
        'INPUT_UNPINNED',
        'ENVIRONMENT_MISSING',
        'NOT_VERIFIED',
        'ABANDONED',
        'NOT_PRESIGNED',
        'FORMAT_UNKNOWN',
        'UPCAST_FAILED',
        'DRIFT',
        'RESTORE_FAILED',
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
    choice: Type.Enum(['latest', 'named'], {
      title: 'PlanChoice',
      description:
        '`latest`: the newest good one that the caller can use, so that another may take its place. `named`: this one was asked for.',
    }),
    step: Step,
    asOf: LogIndex,
    stages: Type.Array(PlanStage),
    blobCount: Type.Integer({ minimum: 0 }),
    totalBytes: Type.Integer({ minimum: 0 }),
    estimate: Type.Optional(RestoreEstimate),
    seeds: Type.Array(RankSeeds),
    seedCoverage: SeedCoverage,
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
    drift: Type.Optional(Drift),
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
