import { Type, type Static } from 'typebox'
import { BlobFault } from './blob-standing.ts'
import { Evidence, EvidenceDetail } from './checkpoint.ts'
import type { Immutable } from './immutable.ts'
import { Digest } from './names.ts'
import { Proof } from './proof.ts'

/** Faults told of one verification: enough to see what is wrong, and a bound on the answer. */
export const FAULTS_MAX_COUNT = 100

/** How closely to look. */
export const Depth = Type.Enum(['present', 'verified'], {
  title: 'Depth',
  description:
    '`present`: each pinned version exists and has the size. `verified`: its bytes match as well, by the checksum that the store attests where that is proven, and by reading them otherwise.',
})
export type Depth = Static<typeof Depth>

/** A look at a checkpoint's blobs that is under way or has ended. */
export const Verification = Type.Object(
  {
    verification: Type.String({
      description: 'Send it again to follow this one, rather than begin another.',
    }),
    checkpoint: Digest,
    depth: Depth,
    state: Type.Enum(['running', 'ended'], { title: 'VerificationState' }),
    blobsDone: Type.Integer({ minimum: 0 }),
    blobCount: Type.Integer({ minimum: 0 }),
    bytesDone: Type.Integer({ minimum: 0, description: 'Bytes of blobs that are done.' }),
    bytesTotal: Type.Integer({ minimum: 0 }),
    outcome: Type.Optional(
      Type.Enum(['passed', 'failed', 'unknown'], {
        title: 'VerificationOutcome',
        description:
          '`unknown`: somebody could not look; nothing is recorded, and nothing changes.',
      }),
    ),
    faults: Type.Array(BlobFault),
    detail: Type.Optional(EvidenceDetail),
    evidence: Type.Optional(Evidence),
    proof: Type.Optional(Proof),
  },
  { title: 'Verification', additionalProperties: false },
)
export type Verification = Immutable<Static<typeof Verification>>
