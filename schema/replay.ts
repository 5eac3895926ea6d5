import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { SectionComparison, Verdict } from './lineage.ts'
import { Tier } from './manifest.ts'
import { Digest, Step } from './names.ts'

export const ReplayGrade = Type.Enum(['none', 'partial', 'likely', 'exact'], {
  title: 'ReplayGrade',
  description:
    'Whether going on from the state would give the same again. `exact`: all that results depend on is recorded and pinned. `likely`: what is missing seldom changes a result. `partial`: something is missing that results depend on. `none`: neither seeds nor inputs, parameters or environment are recorded.',
})
export type ReplayGrade = Static<typeof ReplayGrade>

/** What a replay would need and the checkpoint does not say. */
export const ReplayMissing = Type.Object(
  {
    code: Type.Enum(
      [
        'SEEDS_MISSING',
        'INPUTS_MISSING',
        'INPUT_UNPINNED',
        'INPUT_WITHOUT_DIGEST',
        'PARAMETERS_MISSING',
        'PROGRESS_MISSING',
        'ENVIRONMENT_MISSING',
        'SECTION_MISSING',
        'CODE_UNKNOWN',
        'CODE_DIRTY',
        'CODE_UNCHECKED',
      ],
      { title: 'ReplayMissingCode' },
    ),
    weight: Type.Enum(['major', 'minor'], {
      title: 'ReplayWeight',
      description: '`major`: results depend on it. `minor`: it seldom changes a result.',
    }),
    message: Type.String(),
    subject: Type.Optional(
      Type.String({ description: "The input's name, or the section of the environment." }),
    ),
    ranks: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), { description: 'The first 100 of the ranks.' }),
    ),
  },
  { title: 'ReplayMissing', additionalProperties: false },
)
export type ReplayMissing = Immutable<Static<typeof ReplayMissing>>

/** How replayable a checkpoint is, and what is missing. */
export const Replayability = Type.Object(
  {
    checkpoint: Digest,
    grade: ReplayGrade,
    missing: Type.Array(ReplayMissing, { description: 'The first 200, major ones first.' }),
    missingCount: Type.Integer({ minimum: 0 }),
  },
  { title: 'Replayability', additionalProperties: false },
)
export type Replayability = Immutable<Static<typeof Replayability>>

/** How two lines compare at one step and tier; a side that has no checkpoint there has no member. */
export const StepComparison = Type.Object(
  {
    step: Step,
    tier: Tier,
    left: Type.Optional(Digest),
    right: Type.Optional(Digest),
    verdict: Verdict,
    sections: Type.Array(SectionComparison, {
      description:
        'The sections that are not equal, with at most 10 changes each; `state` is the kind and, by rank and name, the digest of every blob.',
    }),
  },
  { title: 'StepComparison', additionalProperties: false },
)
export type StepComparison = Immutable<Static<typeof StepComparison>>
