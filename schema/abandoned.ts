import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Kind, Tier } from './manifest.ts'
import { Digest, RunId, Step } from './names.ts'

/** Checkpoints that an answer lists; their number is exact. */
export const ABANDONED_MAX_COUNT = 100

/** What the current line had, and the line that begins now has not. */
export const Abandoned = Type.Object(
  {
    count: Type.Integer({ minimum: 0 }),
    checkpoints: Type.Array(
      Type.Object(
        { checkpoint: Digest, run: RunId, step: Step, kind: Kind, tier: Tier },
        { title: 'AbandonedCheckpoint', additionalProperties: false },
      ),
      { maxItems: ABANDONED_MAX_COUNT, description: 'The newest of them, newest first.' },
    ),
  },
  { title: 'Abandoned', additionalProperties: false },
)
export type Abandoned = Immutable<Static<typeof Abandoned>>

/** Nothing is left behind. */
export const nothingAbandoned: Abandoned = { count: 0, checkpoints: [] }
