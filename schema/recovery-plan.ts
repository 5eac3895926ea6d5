import { Type, type Static } from 'typebox'
import { BlobReference, Region } from './blob-reference.ts'
import { CheckpointSummary, Skipped } from './checkpoint.ts'
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
/** More regions or buckets than anybody names by hand. */
const NAMED_MAX_COUNT = 64

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
      maxItems: NAMED_MAX_COUNT,
      description: 'Regions to fetch from, the best first; others come after them.',
    }),
  ),
  unavailable: Type.Optional(
    Type.Object(
      {
        regions: Type.Optional(Type.Array(Region, { maxItems: NAMED_MAX_COUNT })),
        buckets: Type.Optional(
          Type.Array(Type.String({ maxLength: 128 }), { maxItems: NAMED_MAX_COUNT }),
        ),
      },
      { title: 'Unavailable', description: 'Not to fetch from.', additionalProperties: false },
    ),
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

export const PlanWarning = Type.Object(
  {
    code: Type.Enum(
      [
        'SEEDS_INCOMPLETE',
        'INPUT_UNPINNED',
        'ENVIRONMENT_MISSING',
        'NOT_VERIFIED',
        'ABANDONED',
        'NOT_PRESIGNED',
        'NO_SOURCE',
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
