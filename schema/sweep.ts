import { Type, type Static } from 'typebox'
import { BlobReference } from './blob-reference.ts'
import type { Immutable } from './immutable.ts'
import { Digest, LogIndex } from './names.ts'

const count = (description: string) => Type.Integer({ minimum: 0, description })

/** How far the bytes of a withdrawn checkpoint are gone. */
export const SweepState = Type.Object(
  {
    began: Type.Unsafe<LogIndex>({
      ...LogIndex,
      description: 'Where the removal of its bytes began: it can be restored no more.',
    }),
    ended: Type.Optional(
      Type.Unsafe<LogIndex>({ ...LogIndex, description: 'Where the last of them was gone.' }),
    ),
  },
  { title: 'SweepState', additionalProperties: false },
)
export type SweepState = Immutable<Static<typeof SweepState>>

/** An object version that could not be removed, and why. */
export const SweepLeft = Type.Object(
  {
    checkpoint: Digest,
    uri: BlobReference.properties.uri,
    versionId: BlobReference.properties.versionId,
    code: Type.String({ description: 'The code of the refusal, such as `BLOB_LOCKED`.' }),
    message: Type.String(),
  },
  { title: 'SweepLeft', additionalProperties: false },
)
export type SweepLeft = Immutable<Static<typeof SweepLeft>>

/** What one slice of a sweep did, or would do. */
export const SweepReport = Type.Object(
  {
    dryRun: Type.Boolean(),
    checkpointCount: count('Withdrawn checkpoints whose grace is over.'),
    sweptCount: count('Those of them of which nothing is left now.'),
    removedCount: count('Object versions removed, or that would be.'),
    removedBytes: count('Their declared sizes.'),
    absentCount: count('Object versions that were gone already.'),
    sharedCount: count('Object versions that stay, because something else needs them.'),
    waitingCount: count('Withdrawn checkpoints that are held, in their grace, or under no policy.'),
    leftCount: count('Object versions that could not be removed.'),
    left: Type.Array(SweepLeft, { description: 'The first of those.' }),
    next: Type.Union([Type.String(), Type.Null()], {
      description: 'Send it as `after` to go on; null at the end.',
    }),
  },
  { title: 'SweepReport', additionalProperties: false },
)
export type SweepReport = Immutable<Static<typeof SweepReport>>
