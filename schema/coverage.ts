import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Attempt, Digest, LogIndex, Partition, RunId, Step, Timestamp } from './names.ts'
import { pageOf } from './page.ts'
import { Window } from './window.ts'

/** A window that was worked on again after a run of it had succeeded. */
export const Rewritten = Type.Object(
  {
    run: RunId,
    attempt: Attempt,
    at: Timestamp,
    index: LogIndex,
    after: Type.Unsafe<string>({ ...Timestamp, description: 'When an earlier run succeeded.' }),
  },
  { title: 'Rewritten', additionalProperties: false },
)
export type Rewritten = Immutable<Static<typeof Rewritten>>

const rewritten = Type.Optional(Rewritten)

/** One stretch of a range, and what there is for it. */
export const CoverageStretch = Type.Union(
  [
    Type.Object(
      {
        state: Type.Literal('good'),
        ...Window.properties,
        partition: Partition,
        checkpoint: Digest,
        step: Step,
        attempt: Attempt,
        complete: Type.Boolean({
          description: "Whether the partition's newest run has closed as succeeded.",
        }),
        rewritten,
      },
      { title: 'GoodStretch', additionalProperties: false },
    ),
    Type.Object(
      {
        state: Type.Literal('missing'),
        ...Window.properties,
        reason: Type.Enum(['NO_WINDOW', 'NO_CHECKPOINT', 'NO_GOOD_CHECKPOINT'], {
          title: 'MissingReason',
          description:
            '`NO_WINDOW`: no partition says that it is about this time. `NO_CHECKPOINT`: one does, and has saved nothing on its current line. `NO_GOOD_CHECKPOINT`: what it saved is not good.',
        }),
        partition: Type.Optional(Partition),
        rewritten,
      },
      { title: 'MissingStretch', additionalProperties: false },
    ),
    Type.Object(
      {
        state: Type.Literal('overlapping'),
        ...Window.properties,
        partitions: Type.Array(Partition, {
          minItems: 2,
          maxItems: 2,
          description: 'The one that reaches furthest so far, and the one that begins within it.',
        }),
      },
      { title: 'OverlappingStretch', additionalProperties: false },
    ),
  ],
  { title: 'CoverageStretch' },
)
export type CoverageStretch = Immutable<Static<typeof CoverageStretch>>

/** A page of stretches, in the order of their windows. */
export const CoveragePage = pageOf(CoverageStretch, 'CoveragePage')
