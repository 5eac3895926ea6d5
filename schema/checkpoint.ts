import { Type, type Static } from 'typebox'
import {
  BlobFault,
  Encryption,
  ENCRYPTIONS_MAX_COUNT,
  PLACES_MAX_COUNT,
  PlaceStanding,
  VIOLATION_MAX_LENGTH,
  VIOLATIONS_MAX_COUNT,
} from './blob-standing.ts'
import type { Immutable } from './immutable.ts'
import { Kind, Tier } from './manifest.ts'
import {
  Attempt,
  Digest,
  JobName,
  Labels,
  LogIndex,
  NamespaceName,
  Note,
  Partition,
  RunId,
  Step,
  Timestamp,
} from './names.ts'
import { noNul } from './no-nul.ts'
import { Proof } from './proof.ts'
import { SweepState } from './sweep.ts'

/** Grades from weakest to strongest. */
export const grades = ['committed', 'present', 'verified', 'restored'] as const
export const Grade = Type.Enum([...grades], {
  title: 'Grade',
  description:
    '`committed`: registered. `present`: its objects exist. `verified`: their bytes match. `restored`: a recovery used them.',
})
export type Grade = (typeof grades)[number]

/** Why a checkpoint is passed over. */
export const SkipReason = Type.Enum(
  [
    'ABANDONED',
    'TOMBSTONED',
    'EVIDENCE_FAILED',
    'GRADE_TOO_LOW',
    'ENVIRONMENT_DIFFERS',
    'ENVIRONMENT_UNKNOWN',
    'CHAIN_BROKEN',
    'STEP_TOO_HIGH',
    'TOO_OLD',
    'WORLD_SIZE_DIFFERS',
    'FORMAT_UNREADABLE',
    'UNAVAILABLE',
  ],
  {
    title: 'SkipReason',
    description:
      '`ABANDONED`: on a line that a later attempt left behind. `CHAIN_BROKEN`: something below a delta is not good. `UNAVAILABLE`: every place of a blob is down.',
  },
)
export type SkipReason = Static<typeof SkipReason>

/** A candidate that was passed over, and why. */
export const Skipped = Type.Object(
  {
    checkpoint: Digest,
    run: RunId,
    step: Step,
    reason: SkipReason,
    because: Type.Optional(
      Type.Unsafe<Digest>({ ...Digest, description: 'The checkpoint in the chain at fault.' }),
    ),
  },
  { title: 'Skipped', additionalProperties: false },
)
export type Skipped = Immutable<Static<typeof Skipped>>

export const TombstoneReason = Type.Enum(
  ['superseded', 'corrupt', 'wrong-input', 'wrong-code', 'policy', 'other'],
  { title: 'TombstoneReason' },
)
export type TombstoneReason = Static<typeof TombstoneReason>

/** The entry that withdraws a checkpoint; final. */
export const Tombstone = Type.Object(
  {
    checkpoint: Digest,
    reason: TombstoneReason,
    note: Type.Optional(Note),
    successor: Type.Optional(Digest),
    actor: Type.String(),
    index: LogIndex,
    at: Timestamp,
  },
  { title: 'Tombstone', additionalProperties: false },
)
export type Tombstone = Immutable<Static<typeof Tombstone>>

/** A tombstone, and the proof that it is recorded. */
export const TombstoneReceipt = Type.Object(
  { ...Tombstone.properties, proof: Proof },
  { title: 'TombstoneReceipt', additionalProperties: false },
)
export type TombstoneReceipt = Immutable<Static<typeof TombstoneReceipt>>

/** What was found out about the blobs, beside whether they passed. */
export const EvidenceDetail = Type.Object(
  {
    fault: Type.Optional(BlobFault),
    places: Type.Optional(
      Type.Array(PlaceStanding, {
        description: 'Each bucket and region that holds blobs, and how whole it is there.',
        maxItems: PLACES_MAX_COUNT,
      }),
    ),
    encryption: Type.Optional(
      Type.Array(Encryption, {
        description: 'Every way in which the blobs are encrypted at rest.',
        maxItems: ENCRYPTIONS_MAX_COUNT,
      }),
    ),
    lockedUntil: Type.Optional(
      Type.Unsafe<string>({
        ...Timestamp,
        description: 'The earliest end of a lock, where every blob in every place has one.',
      }),
    ),
    violations: Type.Optional(
      Type.Array(Type.String({ maxLength: VIOLATION_MAX_LENGTH }), {
        description: "What the job's policy asks of storage and does not find.",
        maxItems: VIOLATIONS_MAX_COUNT,
      }),
    ),
  },
  { title: 'EvidenceDetail', additionalProperties: false },
)
export type EvidenceDetail = Immutable<Static<typeof EvidenceDetail>>

/** A recorded finding about a checkpoint's bytes. */
export const Evidence = Type.Object(
  {
    checkpoint: Digest,
    finding: Type.Enum(['present', 'verified', 'restored'], { title: 'Finding' }),
    outcome: Type.Enum(['passed', 'failed'], { title: 'EvidenceOutcome' }),
    method: Type.String({ minLength: 1, maxLength: 128, pattern: noNul }),
    note: Type.Optional(Note),
    bytes: Type.Optional(Type.Integer({ minimum: 0, description: 'Bytes that were read for it.' })),
    durationMs: Type.Optional(Type.Integer({ minimum: 0 })),
    detail: Type.Optional(EvidenceDetail),
    actor: Type.String(),
    index: LogIndex,
    at: Timestamp,
  },
  { title: 'Evidence', additionalProperties: false },
)
export type Evidence = Immutable<Static<typeof Evidence>>

/** A finding, and the proof that it is recorded. */
export const EvidenceReceipt = Type.Object(
  { ...Evidence.properties, proof: Proof },
  { title: 'EvidenceReceipt', additionalProperties: false },
)
export type EvidenceReceipt = Immutable<Static<typeof EvidenceReceipt>>

/** What the catalog says of a checkpoint: identity, position and standing. */
const summary = {
  checkpoint: Digest,
  index: LogIndex,
  at: Timestamp,
  namespace: NamespaceName,
  job: JobName,
  partition: Partition,
  run: RunId,
  attempt: Attempt,
  step: Step,
  kind: Kind,
  tier: Tier,
  base: Type.Optional(Digest),
  chainLength: Type.Integer({
    minimum: 1,
    description: 'Checkpoints a restore needs, this one included.',
  }),
  environment: Type.Optional(Digest),
  format: Type.Optional(Type.String()),
  labels: Type.Optional(Labels),
  grade: Grade,
  abandoned: Type.Boolean(),
  tombstoned: Type.Boolean(),
}
export const CheckpointSummary = Type.Object(summary, {
  title: 'CheckpointSummary',
  additionalProperties: false,
})
export type CheckpointSummary = Immutable<Static<typeof CheckpointSummary>>

export const Checkpoint = Type.Object(
  {
    ...summary,
    good: Type.Boolean({ description: 'Whether `latest` would accept it at grade `committed`.' }),
    why: Type.Optional(Skipped),
    tombstone: Type.Optional(Tombstone),
    sweep: Type.Optional(SweepState),
  },
  { title: 'Checkpoint', additionalProperties: false },
)
export type Checkpoint = Immutable<Static<typeof Checkpoint>>

/** Proof that a registration is recorded; the same for every repeat of it. */
export const Receipt = Type.Object(
  {
    namespace: NamespaceName,
    checkpoint: Digest,
    index: LogIndex,
    leafHash: Type.String({
      description: 'RFC 6962 hash of the exact entry bytes, base64.',
      pattern: '^[A-Za-z0-9+/]{43}=$',
    }),
    at: Timestamp,
    proof: Proof,
  },
  { title: 'Receipt', additionalProperties: false },
)
export type Receipt = Immutable<Static<typeof Receipt>>
