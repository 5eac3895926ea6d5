import { Type, type Static } from 'typebox'
import { CheckpointSummary } from './checkpoint.ts'
import type { Immutable } from './immutable.ts'
import { JsonValue } from './json-value.ts'
import { Digest } from './names.ts'

export const EdgeRelation = Type.Enum(
  ['follows', 'delta-of', 'restored-from', 'derived-from', 'merged-from'],
  {
    title: 'EdgeRelation',
    description: '`follows`: the previous checkpoint of the same run.',
  },
)
export type EdgeRelation = Static<typeof EdgeRelation>

export const LineageEdge = Type.Object(
  { child: Digest, parent: Digest, relation: EdgeRelation },
  { title: 'LineageEdge', additionalProperties: false },
)
export type LineageEdge = Immutable<Static<typeof LineageEdge>>

/** Ancestors or descendants, nearest first. */
export const Lineage = Type.Object(
  {
    root: Digest,
    direction: Type.Enum(['ancestors', 'descendants'], { title: 'Direction' }),
    nodes: Type.Array(
      Type.Object(
        { depth: Type.Integer({ minimum: 0 }), checkpoint: CheckpointSummary },
        { title: 'LineageNode', additionalProperties: false },
      ),
    ),
    edges: Type.Array(LineageEdge),
    truncated: Type.Boolean({
      description: 'Whether the bound on depth or count cut the answer short.',
    }),
  },
  { title: 'Lineage', additionalProperties: false },
)
export type Lineage = Immutable<Static<typeof Lineage>>

/** One value that differs; a side that lacks it has no member. */
export const Change = Type.Object(
  {
    path: Type.String({ description: 'RFC 6901 JSON pointer within the section.' }),
    left: Type.Optional(JsonValue),
    right: Type.Optional(JsonValue),
  },
  { title: 'Change', additionalProperties: false },
)
export type Change = Immutable<Static<typeof Change>>

export const Verdict = Type.Enum(['equal', 'different', 'unknown'], {
  title: 'Verdict',
  description: '`unknown`: one side recorded nothing, which is never taken as equal.',
})
export type Verdict = Static<typeof Verdict>

/** How one part of two checkpoints compares. */
export const SectionComparison = Type.Object(
  {
    section: Type.String({
      description: '`parameters`, `seeds`, `inputs`, `format`, or `environment.<section>`.',
    }),
    verdict: Verdict,
    changes: Type.Array(Change),
    truncated: Type.Boolean(),
  },
  { title: 'SectionComparison', additionalProperties: false },
)
export type SectionComparison = Immutable<Static<typeof SectionComparison>>

export const Comparison = Type.Object(
  { left: Digest, right: Digest, verdict: Verdict, sections: Type.Array(SectionComparison) },
  { title: 'Comparison', additionalProperties: false },
)
export type Comparison = Immutable<Static<typeof Comparison>>
