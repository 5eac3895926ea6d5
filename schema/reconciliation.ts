import { Type, type Static } from 'typebox'
import { BucketName } from './bucket.ts'
import type { Immutable } from './immutable.ts'
import { Digest, LogIndex, ReservationId, Timestamp } from './names.ts'
import { Proof } from './proof.ts'

/** Findings that one answer tells; the counts have all of them. */
export const RECONCILED_MAX_COUNT = 1_000
/** Findings that the log keeps, as examples: each may have 4 KiB, and an entry 64 KiB. */
export const RECORDED_MAX_COUNT = 15

const count = (description: string) => Type.Integer({ minimum: 0, description })

/** How a bucket and the catalog agree. */
export const ReconciledCounts = Type.Object(
  {
    versions: count('Versions that the bucket holds, without delete markers.'),
    references: count('Pointers of live checkpoints of this namespace into the bucket.'),
    missing: count('Pointers whose version is not in the bucket.'),
    sizeDiffers: count('Pointers whose version has another size.'),
    orphans: count('Versions that no checkpoint of any namespace points at.'),
    orphanBytes: count('Bytes of those.'),
    abandoned: Type.Optional(
      count('Those of them that abandoned reservations of this namespace left behind.'),
    ),
    newer: Type.Optional(
      count(
        'Pointers that are newer than the inventory, which cannot tell whether they are there.',
      ),
    ),
    young: count('Versions without a pointer that are too young to tell: being uploaded, perhaps.'),
  },
  { title: 'ReconciledCounts', additionalProperties: false },
)
export type ReconciledCounts = Immutable<Static<typeof ReconciledCounts>>

/** The list that a bucket was compared by, where the store wrote it beforehand. */
export const InventoryFacts = Type.Object(
  {
    uri: Type.String({ maxLength: 2048 }),
    createdAt: Type.String({ description: 'What came later is not in it. RFC 3339.' }),
  },
  { title: 'InventoryFacts', additionalProperties: false },
)
export type InventoryFacts = Immutable<Static<typeof InventoryFacts>>

/** One thing in which a bucket and the catalog do not agree. */
export const Disagreement = Type.Object(
  {
    kind: Type.Enum(['missing', 'size-differs', 'orphan'], { title: 'DisagreementKind' }),
    uri: Type.String(),
    versionId: Type.String(),
    sizeBytes: Type.Integer({ minimum: 0 }),
    checkpoint: Type.Optional(Digest),
    reservation: Type.Optional(
      Type.Unsafe<ReservationId>({
        ...ReservationId,
        description: 'The abandoned reservation that left an orphan behind.',
      }),
    ),
    lastModified: Type.Optional(Type.String()),
  },
  { title: 'Disagreement', additionalProperties: false },
)
export type Disagreement = Immutable<Static<typeof Disagreement>>

/** A comparison of a bucket with the catalog that is under way or has ended. */
export const Reconciliation = Type.Object(
  {
    reconciliation: Type.String({
      description: 'Send it again to follow this one, rather than begin another.',
    }),
    bucket: BucketName,
    state: Type.Enum(['running', 'ended'], { title: 'ReconciliationState' }),
    inventory: Type.Optional(InventoryFacts),
    counts: ReconciledCounts,
    disagreements: Type.Array(Disagreement, {
      description: 'The first 1,000; the counts have all.',
    }),
    next: Type.Union([Type.String(), Type.Null()], {
      description: 'Send it as `after` to go on from here, if this server is gone.',
    }),
    index: Type.Optional(LogIndex),
    at: Type.Optional(Timestamp),
    proof: Type.Optional(Proof),
  },
  { title: 'Reconciliation', additionalProperties: false },
)
export type Reconciliation = Immutable<Static<typeof Reconciliation>>
