import { Type, type Static } from 'typebox'
import { BlobReference, Region } from './blob-reference.ts'
import { CheckpointSummary, Skipped } from './checkpoint.ts'
import { Environment } from './environment.ts'
import type { Immutable } from './immutable.ts'
import { JsonMap } from './json-value.ts'
import { Format, InputPin, Kind, Progress, Seed } from './manifest.ts'
import { Digest, JobName, LogIndex, NamespaceName, Partition, Step, Timestamp } from './names.ts'

/** Most blobs one plan may list; a larger state is read manifest by manifest. */
export const PLAN_BLOBS_MAX_COUNT = 100_000

/** One place to read a blob from. */
export const BlobSource = Type.Object(
  {
    uri: BlobReference.properties.uri,
    versionId: BlobReference.properties.versionId,
    bucket: Type.Optional(Type.String({ description: 'Its name in the configuration.' })),
    region: Type.Optional(Region),
    url: Type.Optional(
      Type.String({ description: 'Downloads exactly this version, without further credentials.' }),
    ),
  },
  { title: 'BlobSource', additionalProperties: false },
)
export type BlobSource = Immutable<Static<typeof BlobSource>>

/** One blob to fetch, and the worker that needs it. */
export const PlanBlob = Type.Object(
  {
    rank: Type.Integer({ minimum: 0 }),
    ...BlobReference.properties,
    sources: Type.Optional(
      Type.Array(BlobSource, {
        description:
          'Where to read it, best first, without the places said to be down. Absent where `uri` is the only one.',
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
    seedCoverage: SeedCoverage,
    urlsExpireAt: Type.Optional(Timestamp),
    parameters: Type.Optional(JsonMap),
    inputs: Type.Array(InputPin),
    format: Type.Optional(Format),
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
