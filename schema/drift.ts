import { Type, type Static } from 'typebox'
import { Environment } from './environment.ts'
import type { Immutable } from './immutable.ts'
import { JsonMap, JsonValue } from './json-value.ts'
import { Format, InputPin, SHARDS_MAX_COUNT } from './manifest.ts'
import { Digest, LogIndex, Note, Timestamp } from './names.ts'
import { Proof } from './proof.ts'

/** Rules of one policy: a rule is a line, and a person has to read them all. */
const RULES_MAX_COUNT = 256

/** Severities from worst to least; `unknown` counts as `major` unless a policy says otherwise. */
export const severities = ['blocker', 'critical', 'major', 'unknown', 'minor', 'info'] as const
export const DriftSeverity = Type.Enum([...severities], {
  title: 'DriftSeverity',
  description:
    '`blocker`: results are not comparable, or loading may fail. `critical`: another behaviour is likely. `major`: it is possible. `minor`: it is unlikely. `info`: context. `unknown`: one side recorded nothing, which is never taken as equal.',
})
export type DriftSeverity = (typeof severities)[number]

/** What may be done, from least to worst. */
export const driftVerdicts = ['allow', 'allow-with-acknowledgement', 'refuse'] as const
export const DriftVerdict = Type.Enum([...driftVerdicts], { title: 'DriftVerdict' })
export type DriftVerdict = (typeof driftVerdicts)[number]

const pattern = (description: string) =>
  Type.String({ description, minLength: 1, maxLength: 128, pattern: '^[\\u0020-\\u007e]+$' })

/** How severe a change of some facts is; the first rule that fits decides. */
export const DriftRule = Type.Object(
  {
    section: pattern('A section, such as `code` or `parameters`; `*` stands for any characters.'),
    fact: Type.Optional(pattern('A fact, such as `commit` or `nvidia.driver`. Default: any.')),
    change: Type.Optional(
      Type.Enum(['major', 'minor', 'patch'], {
        title: 'DriftChangeKind',
        description:
          'Only changes of versions that begin with this number: first, second or any later one.',
      }),
    ),
    severity: DriftSeverity,
  },
  { title: 'DriftRule', additionalProperties: false },
)
export type DriftRule = Immutable<Static<typeof DriftRule>>

const verdict = Type.Optional(DriftVerdict)

/** What a policy says of drift: rules that come before the catalog's own, and what each severity means. */
export const DriftTerms = Type.Object(
  {
    rules: Type.Optional(Type.Array(DriftRule, { maxItems: RULES_MAX_COUNT })),
    verdicts: Type.Optional(
      Type.Object(
        {
          blocker: verdict,
          critical: verdict,
          major: verdict,
          unknown: verdict,
          minor: verdict,
          info: verdict,
        },
        { title: 'DriftVerdicts', additionalProperties: false },
      ),
    ),
  },
  { title: 'DriftTerms', additionalProperties: false },
)
export type DriftTerms = Immutable<Static<typeof DriftTerms>>

/** What the one who resumes runs, as far as it says so; what it leaves out is unknown. */
export const Caller = Type.Object(
  {
    environment: Type.Optional(
      Type.Union([Digest, Environment], {
        description: 'A document, or the digest of one that is recorded.',
      }),
    ),
    parameters: Type.Optional(JsonMap),
    inputs: Type.Optional(Type.Array(InputPin, { maxItems: 4096 })),
    worldSize: Type.Optional(Type.Integer({ minimum: 1, maximum: SHARDS_MAX_COUNT })),
    format: Type.Optional(Format),
  },
  { title: 'Caller', additionalProperties: false },
)
export type Caller = Immutable<Static<typeof Caller>>

/** One fact that differs; a side that lacks it has no member. */
export const DriftChange = Type.Object(
  {
    fact: Type.String({ description: 'Names joined by `.`; empty for the section as a whole.' }),
    severity: DriftSeverity,
    recorded: Type.Optional(JsonValue),
    current: Type.Optional(JsonValue),
  },
  { title: 'DriftChange', additionalProperties: false },
)
export type DriftChange = Immutable<Static<typeof DriftChange>>

/** How one section differs. */
export const DriftSection = Type.Object(
  {
    section: Type.String(),
    severity: Type.Unsafe<DriftSeverity>({ ...DriftSeverity, description: 'The worst of them.' }),
    changeCount: Type.Integer({ minimum: 1 }),
    changes: Type.Array(DriftChange, { description: 'The first 200.' }),
  },
  { title: 'DriftSection', additionalProperties: false },
)
export type DriftSection = Immutable<Static<typeof DriftSection>>

/** How what a caller runs differs from what made a state. */
export const Drift = Type.Object(
  {
    verdict: DriftVerdict,
    severity: Type.Optional(
      Type.Unsafe<DriftSeverity>({
        ...DriftSeverity,
        description: 'The worst; absent where nothing differs.',
      }),
    ),
    sections: Type.Array(DriftSection),
    equal: Type.Array(Type.String(), { description: 'Sections in which nothing differs.' }),
    difference: Type.Unsafe<Digest>({
      ...Digest,
      description: 'Over every change: what an acknowledgement acknowledges.',
    }),
    ruleSet: Type.Unsafe<Digest>({ ...Digest, description: 'Over the rules and verdicts.' }),
    recorded: Type.Optional(
      Type.Unsafe<Digest>({ ...Digest, description: "The state's environment." }),
    ),
    current: Type.Optional(
      Type.Unsafe<Digest>({ ...Digest, description: "The caller's environment." }),
    ),
    acknowledged: Type.Optional(
      Type.Unsafe<LogIndex>({ ...LogIndex, description: 'Where this difference was.' }),
    ),
  },
  { title: 'Drift', additionalProperties: false },
)
export type Drift = Immutable<Static<typeof Drift>>

/** That somebody goes on in spite of a difference, and the proof that it is recorded. */
export const DriftAcknowledgement = Type.Object(
  {
    checkpoint: Digest,
    drift: Drift,
    note: Note,
    actor: Type.String(),
    index: LogIndex,
    at: Timestamp,
    proof: Proof,
  },
  { title: 'DriftAcknowledgement', additionalProperties: false },
)
export type DriftAcknowledgement = Immutable<Static<typeof DriftAcknowledgement>>
