import { Type, type Static } from 'typebox'
import { BlobReference } from './blob-reference.ts'
import type { Immutable } from './immutable.ts'
import { Kind, Manifest, Shard, SHARDS_MAX_COUNT, Tier } from './manifest.ts'
import {
  Attempt,
  Digest,
  JobName,
  LogIndex,
  NamespaceName,
  Note,
  Partition,
  ReservationId,
  RunId,
  Step,
  Timestamp,
} from './names.ts'
import { Proof } from './proof.ts'

/** Longest lease, in seconds: who is silent for longer is taken for gone. */
const LEASE_MAX_SECONDS = 3_600
/** A lease when none is asked for, in seconds: several lost keep-alives long. */
export const LEASE_DEFAULT_SECONDS = 60
/** However often it is kept alive, a reservation ends this long after it was opened, in seconds. */
export const RESERVATION_MAX_SECONDS = 24 * 3_600
/** Missing ranks that an answer names; more only say the same. */
export const MISSING_MAX_COUNT = 1_000
/** Blobs left behind that one answer names; the list of shards has them all. */
export const ORPHANS_MAX_COUNT = 1_000

export const WorldSize = Type.Integer({ minimum: 1, maximum: SHARDS_MAX_COUNT })

export const LeaseSeconds = Type.Integer({
  minimum: 1,
  maximum: LEASE_MAX_SECONDS,
  description: `Seconds from now until the lease ends without a sign of life; default ${LEASE_DEFAULT_SECONDS}.`,
})

const { shards: _, worldSize: _optional, ...members } = Manifest.properties

/** What the manifest will say beside its shards. */
export const ReservedManifest = Type.Object(
  { ...members, worldSize: WorldSize },
  { title: 'ReservedManifest', additionalProperties: false },
)
export type ReservedManifest = Immutable<Static<typeof ReservedManifest>>

export const AbandonReason = Type.Enum(['expired', 'asked', 'fenced', 'run-closed', 'superseded'], {
  title: 'AbandonReason',
  description:
    '`expired`: the lease ended. `fenced`: a newer attempt was opened. `superseded`: the same manifest was registered without it.',
})
export type AbandonReason = Static<typeof AbandonReason>

export const ReservationState = Type.Enum(['open', 'finalized', 'abandoned'], {
  title: 'ReservationState',
  description:
    'A lease that has ended is recorded as `abandoned` by whoever touches it next, or by the catalog within seconds.',
})
export type ReservationState = Static<typeof ReservationState>

const facts = {
  reservation: ReservationId,
  namespace: NamespaceName,
  job: JobName,
  partition: Partition,
  run: RunId,
  attempt: Attempt,
  step: Step,
  kind: Kind,
  tier: Tier,
  worldSize: WorldSize,
  manifest: Type.Unsafe<Digest>({
    ...Digest,
    description: 'Digest of the manifest without its shards.',
  }),
  state: ReservationState,
  openedAt: Timestamp,
  openedIndex: LogIndex,
  leaseUntil: Type.Optional(Timestamp),
  leaseSeconds: Type.Optional(Type.Integer({ minimum: 1 })),
  shardCount: Type.Optional(Type.Integer({ minimum: 0, description: 'Shards that were put.' })),
  missing: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0 }), {
      description: `Ranks that were not put, at most ${MISSING_MAX_COUNT}; lists leave them out.`,
      maxItems: MISSING_MAX_COUNT,
    }),
  ),
  endedAt: Type.Optional(Timestamp),
  endedIndex: Type.Optional(LogIndex),
  endedBy: Type.Optional(Type.String()),
  reason: Type.Optional(AbandonReason),
  note: Type.Optional(Note),
  checkpoint: Type.Optional(Digest),
  blobCount: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Blobs that an abandoned one left behind.' }),
  ),
  blobBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  blobs: Type.Optional(
    Type.Array(BlobReference, {
      description: `Blobs left behind; one answer names at most ${ORPHANS_MAX_COUNT}, the shards of the reservation have all. A store that names objects by their content may keep one of them for another checkpoint too: remove only what no manifest refers to.`,
      maxItems: ORPHANS_MAX_COUNT,
    }),
  ),
}

/** A lease under which several workers assemble one checkpoint. */
export const Reservation = Type.Object(facts, {
  title: 'Reservation',
  additionalProperties: false,
})
export type Reservation = Immutable<Static<typeof Reservation>>

/** A reservation, and the proof that its opening or its end is recorded. */
export const ReservationReceipt = Type.Object(
  { ...facts, proof: Proof },
  { title: 'ReservationReceipt', additionalProperties: false },
)
export type ReservationReceipt = Immutable<Static<typeof ReservationReceipt>>

/** How far a reservation is. */
export const ReservationLease = Type.Object(
  {
    reservation: ReservationId,
    worldSize: WorldSize,
    shardCount: Type.Integer({ minimum: 0 }),
    leaseUntil: Type.Optional(
      Type.Unsafe<string>({ ...Timestamp, description: 'Absent when it has been finalized.' }),
    ),
  },
  { title: 'ReservationLease', additionalProperties: false },
)
export type ReservationLease = Immutable<Static<typeof ReservationLease>>

/** A shard that is durable in the catalog, and how far its reservation is. */
export const ShardReceipt = Type.Object(
  {
    ...ReservationLease.properties,
    rank: Type.Integer({ minimum: 0 }),
    digest: Type.Unsafe<Digest>({
      ...Digest,
      description: "Digest of the shard's canonical JSON, its rank included.",
    }),
    complete: Type.Boolean({
      description: 'Whether every rank is there, so that it can be finalized.',
    }),
  },
  { title: 'ShardReceipt', additionalProperties: false },
)
export type ShardReceipt = Immutable<Static<typeof ShardReceipt>>

/** A shard as it was put. */
export const StoredShard = Type.Object(
  { ...Shard.properties, digest: Digest },
  { title: 'StoredShard', additionalProperties: false },
)
export type StoredShard = Immutable<Static<typeof StoredShard>>
