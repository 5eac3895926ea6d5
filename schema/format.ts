import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { JsonMap, JsonValue } from './json-value.ts'
import { Digest, FormatName, LogIndex, NamespaceName, Note, Timestamp } from './names.ts'
import { noNul } from './no-nul.ts'
import { Proof } from './proof.ts'

/** Earlier versions that one version says how to read. */
const UPCASTS_MAX_COUNT = 16
/** Operations of one upcast. */
const OPERATIONS_MAX_COUNT = 64

export const FormatVersionName = Type.String({
  title: 'FormatVersionName',
  description: 'A version of a format, such as `2` or `2.1.0-rc.1`; at most 64 characters.',
  maxLength: 64,
  pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$',
  'x-error-code': 'INVALID_NAME',
})

export const Compatibility = Type.Enum(['backward', 'forward', 'full', 'expand-only', 'none'], {
  title: 'Compatibility',
  description:
    'Checked against the version published before. `backward`: what fits the older schema fits the newer. `forward`: the other way round. `full`: both. `expand-only`: optional members are added, and nothing else changes. `none`: nothing is checked.',
})
export type Compatibility = Static<typeof Compatibility>

/** The program that restores a state of this version; the catalog keeps the reference and fetches nothing. */
export const RecoveryScript = Type.Object(
  { uri: Type.String({ minLength: 1, maxLength: 2048, pattern: noNul }), digest: Digest },
  { title: 'RecoveryScript', additionalProperties: false },
)
export type RecoveryScript = Immutable<Static<typeof RecoveryScript>>

const pointer = Type.String({ maxLength: 1024, description: 'RFC 6901 JSON pointer.' })
const patchOperation = <const Op extends string, Members extends Parameters<typeof Type.Object>[0]>(
  op: Op,
  title: string,
  members: Members,
) =>
  Type.Object(
    { op: Type.Literal(op), path: pointer, ...members },
    { title, additionalProperties: false },
  )

/** One operation of a JSON Patch (RFC 6902). */
export const PatchOperation = Type.Union(
  [
    patchOperation('add', 'PatchAdd', { value: JsonValue }),
    patchOperation('remove', 'PatchRemove', {}),
    patchOperation('replace', 'PatchReplace', { value: JsonValue }),
    patchOperation('move', 'PatchMove', { from: pointer }),
    patchOperation('copy', 'PatchCopy', { from: pointer }),
    patchOperation('test', 'PatchTest', { value: JsonValue }),
  ],
  { title: 'PatchOperation' },
)

const patch = Type.Array(PatchOperation, { maxItems: OPERATIONS_MAX_COUNT })

/** How metadata of an earlier version is read as of this one. */
export const Upcast = Type.Object(
  { from: FormatVersionName, patch },
  { title: 'Upcast', additionalProperties: false },
)
export type Upcast = Immutable<Static<typeof Upcast>>

const facts = {
  compatibility: Compatibility,
  changelog: Type.Unsafe<string>({
    ...Note,
    minLength: 1,
    title: 'Changelog',
    description: 'What changed since the version before, for people.',
  }),
  recovery: RecoveryScript,
  upcasts: Type.Optional(Type.Array(Upcast, { maxItems: UPCASTS_MAX_COUNT })),
}

/** What a version of a format says of itself, beside its schema. */
export const FormatFacts = Type.Object(facts, { title: 'FormatFacts', additionalProperties: false })
export type FormatFacts = Immutable<Static<typeof FormatFacts>>

/** A version of a format to publish. */
export const FormatSpec = Type.Object(
  { schema: JsonMap, ...facts },
  { title: 'FormatSpec', additionalProperties: false },
)
export type FormatSpec = Immutable<Static<typeof FormatSpec>>

const published = {
  namespace: NamespaceName,
  format: FormatName,
  version: FormatVersionName,
  schemaDigest: Digest,
  ...facts,
  index: LogIndex,
  at: Timestamp,
}

/** A published version of a format, without its schema. */
export const FormatVersionSummary = Type.Object(published, {
  title: 'FormatVersionSummary',
  additionalProperties: false,
})
export type FormatVersionSummary = Immutable<Static<typeof FormatVersionSummary>>

/** A published version of a format. */
export const FormatVersion = Type.Object(
  { ...published, schema: JsonMap },
  { title: 'FormatVersion', additionalProperties: false },
)
export type FormatVersion = Immutable<Static<typeof FormatVersion>>

/** A published version, and the proof that it is recorded. */
export const FormatReceipt = Type.Object(
  { ...published, proof: Proof },
  { title: 'FormatReceipt', additionalProperties: false },
)
export type FormatReceipt = Immutable<Static<typeof FormatReceipt>>

/** How a state's metadata is read as of a newer version; what is stored stays as it is. */
export const FormatReading = Type.Object(
  {
    version: FormatVersionName,
    metadata: JsonMap,
    upcasts: Type.Array(
      Type.Object(
        { from: FormatVersionName, to: FormatVersionName, patch },
        { title: 'AppliedUpcast', additionalProperties: false },
      ),
      {
        description: 'In the order in which they apply; each takes the metadata of the one before.',
      },
    ),
  },
  { title: 'FormatReading', additionalProperties: false },
)
export type FormatReading = Immutable<Static<typeof FormatReading>>
