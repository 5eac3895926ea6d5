import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Digest, HoldName, LogIndex, Timestamp } from './names.ts'
import { noNul } from './no-nul.ts'
import { Proof } from './proof.ts'

/** Why something is held, for people: at least a word. */
export const HoldReason = Type.String({
  title: 'HoldReason',
  minLength: 1,
  maxLength: 1024,
  pattern: noNul,
})

/** A bar on the removal of a checkpoint's bytes, and of what its chain needs. */
export const Hold = Type.Object(
  {
    checkpoint: Digest,
    hold: HoldName,
    reason: HoldReason,
    until: Type.Optional(
      Type.Unsafe<string>({ ...Timestamp, description: 'When it ends by itself.' }),
    ),
    actor: Type.String(),
    index: LogIndex,
    at: Timestamp,
  },
  { title: 'Hold', additionalProperties: false },
)
export type Hold = Immutable<Static<typeof Hold>>

/** A hold, and the proof that it is recorded. */
export const HoldReceipt = Type.Object(
  { ...Hold.properties, proof: Proof },
  { title: 'HoldReceipt', additionalProperties: false },
)
export type HoldReceipt = Immutable<Static<typeof HoldReceipt>>

/** The end of a hold, and the proof that it is recorded. */
export const HoldLifted = Type.Object(
  { checkpoint: Digest, hold: HoldName, index: LogIndex, proof: Proof },
  { title: 'HoldLifted', additionalProperties: false },
)
export type HoldLifted = Immutable<Static<typeof HoldLifted>>
