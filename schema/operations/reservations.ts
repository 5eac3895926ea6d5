import { Type } from 'typebox'
import { Receipt } from '../checkpoint.ts'
import { Shard } from '../manifest.ts'
import { JobName, Note, Partition, ReservationId, RunId } from '../names.ts'
import { asOfQuery, pageOf, pageQuery } from '../page.ts'
import {
  LeaseSeconds,
  Reservation,
  ReservationLease,
  ReservationReceipt,
  ReservationState,
  ReservedManifest,
  ShardReceipt,
  StoredShard,
  WorldSize,
} from '../reservation.ts'
import {
  closed,
  DOCUMENT_BODY_MAX_BYTES,
  inNamespace,
  noQuery,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'
import { registrationErrors } from './register.ts'

const path = `${prefix}/reservations/{reservation}`
const inReservation = { ...inNamespace, reservation: ReservationId }

/** A rank, as a path has it. */
const Rank = Type.String({
  description: "The worker's rank, from 0 to below the world size.",
  maxLength: 10,
  pattern: '^(?:0|[1-9][0-9]{0,9})$',
  'x-error-code': 'RANK_OUT_OF_RANGE',
})
const { rank: _, ...shardMembers } = Shard.properties
/** What the caller holds the world size to be; refused if the reservation differs. */
const expectedSize = { worldSize: Type.Optional(WorldSize) }

const touchErrors = [
  'NAMESPACE_NOT_FOUND',
  'RESERVATION_NOT_FOUND',
  'RESERVATION_EXPIRED',
  'RESERVATION_ENDED',
  'ATTEMPT_FENCED',
  'RUN_CLOSED',
] as const

const ofReservations = { tag: 'reservations', verb: 'append', reach: 'none' } as const

/** Several workers, one checkpoint. */
export const reservationOperations = {
  openReservation: operation({
    ...ofReservations,
    method: 'POST',
    path: `${prefix}/reservations`,
    summary: 'Reserve a checkpoint that several workers assemble',
    description:
      'Everything but the shards is said here, and checked as for a registration. Every worker may ask: the same again answers the reservation that is there. Without a sign of life for `leaseSeconds` it is abandoned, and after 24 hours in any case.',
    params: closed(inNamespace),
    query: writeQuery,
    body: closed(
      { manifest: ReservedManifest, leaseSeconds: Type.Optional(LeaseSeconds) },
      'OpenReservation',
    ),
    bodyMaxBytes: DOCUMENT_BODY_MAX_BYTES,
    response: ReservationReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: [
      ...registrationErrors.filter(
        (code) => code !== 'UNPINNED_BLOB' && code !== 'DIGEST_MISMATCH',
      ),
      'RESERVATION_CONFLICT',
      'WORLD_SIZE_MISMATCH',
    ],
  }),
  recordShard: operation({
    ...ofReservations,
    method: 'PUT',
    path: `${path}/shards/{rank}`,
    summary: "Put one worker's shard",
    description:
      'Durable when answered, and a sign of life. In any order, from anywhere; the same shard again changes nothing, another one for the rank is a conflict that names both.',
    params: closed({ ...inReservation, rank: Rank }),
    query: noQuery,
    body: closed({ ...shardMembers, ...expectedSize }, 'PutShard'),
    bodyMaxBytes: DOCUMENT_BODY_MAX_BYTES,
    response: ShardReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: [
      ...touchErrors,
      'RANK_OUT_OF_RANGE',
      'WORLD_SIZE_MISMATCH',
      'SHARD_CONFLICT',
      'UNPINNED_BLOB',
      'DOCUMENT_TOO_LARGE',
    ],
  }),
  keepReservation: operation({
    ...ofReservations,
    method: 'POST',
    path: `${path}/keep-alive`,
    summary: 'Say that the work on a reservation goes on',
    description: 'The lease then lasts for its length from now, and never beyond 24 hours in all.',
    params: closed(inReservation),
    query: noQuery,
    body: closed({ ...expectedSize }, 'KeepReservation'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: ReservationLease,
    answer: 'json',
    repeat: 'safe',
    errors: [...touchErrors, 'WORLD_SIZE_MISMATCH'],
  }),
  finalizeReservation: operation({
    ...ofReservations,
    method: 'POST',
    path: `${path}/finalize`,
    summary: 'Register the checkpoint when all shards are there',
    description:
      'The catalog makes the manifest, shards in the order of their ranks, and registers it; the answer names its digest. Again, it answers the same receipt.',
    params: closed(inReservation),
    query: writeQuery,
    body: closed({ ...expectedSize }, 'FinalizeReservation'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: Receipt,
    answer: 'json',
    repeat: 'safe',
    errors: [
      ...new Set([
        ...touchErrors,
        ...registrationErrors.filter(
          (code) => code !== 'UNPINNED_BLOB' && code !== 'DIGEST_MISMATCH',
        ),
        'WORLD_SIZE_MISMATCH' as const,
      ]),
    ],
  }),
  abandonReservation: operation({
    ...ofReservations,
    method: 'POST',
    path: `${path}/abandon`,
    summary: 'Give a reservation up',
    description: 'What was put for it is listed as left behind. Again, it answers the same.',
    params: closed(inReservation),
    query: writeQuery,
    body: closed({ note: Type.Optional(Note) }, 'AbandonReservation'),
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: ReservationReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'RESERVATION_NOT_FOUND', 'RESERVATION_ENDED'],
  }),
  getReservation: operation({
    ...ofReservations,
    method: 'GET',
    path,
    summary: 'Get a reservation, and who is missing',
    verb: 'read',
    params: closed(inReservation),
    query: closed(asOfQuery),
    response: Reservation,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'RESERVATION_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  listReservations: operation({
    ...ofReservations,
    method: 'GET',
    path: `${prefix}/reservations`,
    summary: 'List reservations, newest first',
    description: 'Abandoned ones name the blobs that they left behind.',
    verb: 'read',
    params: closed(inNamespace),
    query: closed({
      job: Type.Optional(JobName),
      partition: Type.Optional(Partition),
      run: Type.Optional(RunId),
      state: Type.Optional(ReservationState),
      ...pageQuery,
      ...asOfQuery,
    }),
    response: pageOf(Reservation, 'ReservationPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  listShards: operation({
    ...ofReservations,
    method: 'GET',
    path: `${path}/shards`,
    summary: 'List the shards of a reservation, by rank',
    description:
      'Those that wait in an open one, or that an abandoned one left behind. A finalized one has none: they are in the manifest.',
    verb: 'read',
    params: closed(inReservation),
    query: closed(pageQuery),
    response: pageOf(StoredShard, 'ShardPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'RESERVATION_NOT_FOUND', 'INVALID_CURSOR'],
  }),
}
