import { Type, type Static } from 'typebox'
import { BlobReference } from './blob-reference.ts'
import type { Immutable } from './immutable.ts'
import { JsonMap, JsonValue } from './json-value.ts'
import {
  Attempt,
  Digest,
  JobName,
  Labels,
  NamespaceName,
  Partition,
  RunId,
  Step,
  Timestamp,
} from './names.ts'
import { noNul } from './no-nul.ts'

/** Most workers that one checkpoint may have; shards are listed one by one in an 8 MiB document. */
export const SHARDS_MAX_COUNT = 65_536

export const Kind = Type.Enum(['full', 'delta'], {
  title: 'Kind',
  description: 'Self-contained state, or the change since its base.',
})
export type Kind = Static<typeof Kind>

export const Tier = Type.Enum(['light', 'durable'], {
  title: 'Tier',
  description: 'Frequent and cheap, or infrequent and lasting.',
})
export type Tier = Static<typeof Tier>

/** A generator's seed, or where its state is kept. */
export const Seed = Type.Object(
  {
    generator: Type.String({
      description: 'Which generator, such as `numpy.pcg64` or `torch.cuda`.',
      minLength: 1,
      maxLength: 128,
    }),
    seed: Type.Optional(
      Type.Union([
        Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        Type.String({ minLength: 1, maxLength: 4096 }),
      ]),
    ),
    stateBlob: Type.Optional(
      Type.String({
        description: "Name of the blob in this shard that holds the generator's state.",
      }),
    ),
  },
  { title: 'Seed', additionalProperties: false },
)
export type Seed = Immutable<Static<typeof Seed>>

/** One worker's part of a checkpoint. */
export const Shard = Type.Object(
  {
    rank: Type.Integer({ minimum: 0, maximum: SHARDS_MAX_COUNT - 1 }),
    blobs: Type.Array(BlobReference, { maxItems: 10_000 }),
    seeds: Type.Optional(Type.Array(Seed, { maxItems: 256 })),
  },
  { title: 'Shard', additionalProperties: false },
)
export type Shard = Immutable<Static<typeof Shard>>

/** A dataset that the computation read, as exactly as the job knows it. */
export const InputPin = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 512 }),
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    digest: Type.Optional(Digest),
    uri: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  },
  { title: 'InputPin', additionalProperties: false },
)
export type InputPin = Immutable<Static<typeof InputPin>>

export const ParentRelation = Type.Enum(['restored-from', 'derived-from', 'merged-from'], {
  title: 'ParentRelation',
})

/** A checkpoint from which this one came, beside its base and its predecessor in the run. */
export const Parent = Type.Object(
  { relation: ParentRelation, checkpoint: Digest },
  { title: 'Parent', additionalProperties: false },
)

export const Progress = Type.Object(
  {
    records: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    watermark: Type.Optional(Type.String({ maxLength: 256 })),
    cursor: Type.Optional(JsonValue),
  },
  { title: 'Progress', additionalProperties: false },
)

export const Format = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128, pattern: noNul }),
    version: Type.String({ minLength: 1, maxLength: 64, pattern: noNul }),
    metadata: Type.Optional(JsonMap),
  },
  { title: 'Format', additionalProperties: false },
)

export const Timing = Type.Object(
  {
    startedAt: Type.Optional(Timestamp),
    stagedAt: Type.Optional(Timestamp),
    durableAt: Type.Optional(Timestamp),
  },
  { title: 'Timing', additionalProperties: false },
)

/** Checkpoints that the job took before this one and could not keep: what its full spool had to drop. */
export const Gap = Type.Object(
  { count: Type.Integer({ minimum: 1 }), firstStep: Step, lastStep: Step },
  { title: 'Gap', additionalProperties: false },
)
export type Gap = Immutable<Static<typeof Gap>>

/** The canonical JSON document of a checkpoint; its digest is the checkpoint's id. */
export const Manifest = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    namespace: NamespaceName,
    job: JobName,
    run: RunId,
    attempt: Attempt,
    partition: Type.Optional(Partition),
    step: Step,
    kind: Kind,
    tier: Tier,
    base: Type.Optional(Digest),
    parents: Type.Optional(Type.Array(Parent, { minItems: 1, maxItems: 64 })),
    worldSize: Type.Optional(Type.Integer({ minimum: 1, maximum: SHARDS_MAX_COUNT })),
    shards: Type.Array(Shard, { minItems: 1, maxItems: SHARDS_MAX_COUNT }),
    progress: Type.Optional(Progress),
    format: Type.Optional(Format),
    inputs: Type.Optional(Type.Array(InputPin, { maxItems: 4096 })),
    parameters: Type.Optional(JsonMap),
    environment: Type.Optional(Digest),
    trace: Type.Optional(
      Type.String({
        description: 'W3C traceparent of the work that made this state.',
        maxLength: 55,
        pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
      }),
    ),
    timing: Type.Optional(Timing),
    persistence: Type.Optional(Type.Enum(['sync', 'async', 'hybrid'], { title: 'Persistence' })),
    labels: Type.Optional(Labels),
    gap: Type.Optional(Gap),
  },
  { title: 'Manifest', additionalProperties: false },
)
export type Manifest = Immutable<Static<typeof Manifest>>
