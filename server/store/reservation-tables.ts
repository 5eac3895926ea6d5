import type { Digest } from '../../schema/digest.ts'
import type { Kind, Tier } from '../../schema/manifest.ts'
import type {
  JobName,
  LogIndex,
  NamespaceName,
  Partition,
  ReservationId,
  RunId,
} from '../../schema/names.ts'
import type { AbandonReason } from '../../schema/reservation.ts'
import { integer, optional, text } from './column.ts'

/** Reservations, and the working state of those that are open. */
export const reservationTables = {
  reservation: {
    namespace: text<NamespaceName>(),
    reservation: text<ReservationId>(),
    opened_index: integer<LogIndex>(),
    opened_at: text(),
    opened_by: text(),
    job: text<JobName>(),
    partition: text<Partition>(),
    run: text<RunId>(),
    attempt: integer(),
    step: integer(),
    kind: text<Kind>(),
    tier: text<Tier>(),
    world_size: integer(),
    /** Digest of the manifest without its shards. */
    manifest: text<Digest>(),
    ended_index: optional(integer<LogIndex>()),
    ended_at: optional(text()),
    ended_by: optional(text()),
    /** Why it was abandoned; null when it was finalized. */
    reason: optional(text<AbandonReason>()),
    note: optional(text()),
    checkpoint: optional(text<Digest>()),
    /** Shards that an abandoned one left behind, their blobs and the blobs' bytes. */
    shard_count: optional(integer()),
    blob_count: optional(integer()),
    blob_bytes: optional(integer()),
  },
  /** One row for each reservation that is open. */
  reservation_lease: {
    namespace: text<NamespaceName>(),
    reservation: text<ReservationId>(),
    lease_ms: integer(),
    until_ms: integer(),
    /** No keep-alive goes beyond this. */
    limit_ms: integer(),
    /** The manifest without its shards, as canonical JSON. */
    manifest: text(),
    shard_count: integer(),
    shard_bytes: integer(),
    blob_count: integer(),
    blob_bytes: integer(),
  },
  reservation_shard: {
    namespace: text<NamespaceName>(),
    reservation: text<ReservationId>(),
    rank: integer(),
    digest: text<Digest>(),
    /** Canonical JSON. */
    shard: text(),
  },
} as const
