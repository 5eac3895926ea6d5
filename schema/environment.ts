import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { JsonMap } from './json-value.ts'
import { Digest, LogIndex, Timestamp } from './names.ts'
import { Proof } from './proof.ts'

/** What a computation ran in, by section; its digest is the environment fingerprint. */
export const Environment = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    sections: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9.-]{0,62}$' }), JsonMap, {
      description:
        'Named groups of facts (`code`, `runtime`, `dependencies`, `hardware`, `variables`…), compared one by one.',
      additionalProperties: false,
      maxProperties: 64,
    }),
  },
  { title: 'Environment', additionalProperties: false },
)
export type Environment = Immutable<Static<typeof Environment>>

/** Proof that an environment is recorded. */
export const EnvironmentReceipt = Type.Object(
  { environment: Digest, index: LogIndex, at: Timestamp, proof: Proof },
  { title: 'EnvironmentReceipt', additionalProperties: false },
)
export type EnvironmentReceipt = Immutable<Static<typeof EnvironmentReceipt>>
