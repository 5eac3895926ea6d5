import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Labels, LogIndex, NamespaceName, JobName, Note, PolicyName, Timestamp } from './names.ts'
import { Proof } from './proof.ts'

export const NamespaceSpec = Type.Object(
  { description: Type.Optional(Note), labels: Type.Optional(Labels) },
  { title: 'NamespaceSpec', additionalProperties: false },
)
export type NamespaceSpec = Immutable<Static<typeof NamespaceSpec>>

export const Namespace = Type.Object(
  { namespace: NamespaceName, spec: NamespaceSpec, index: LogIndex, at: Timestamp },
  { title: 'Namespace', additionalProperties: false },
)
export type Namespace = Immutable<Static<typeof Namespace>>

/** A namespace's declaration, and the proof that it is recorded. */
export const NamespaceReceipt = Type.Object(
  { ...Namespace.properties, proof: Proof },
  { title: 'NamespaceReceipt', additionalProperties: false },
)
export type NamespaceReceipt = Immutable<Static<typeof NamespaceReceipt>>

export const JobSpec = Type.Object(
  {
    description: Type.Optional(Note),
    labels: Type.Optional(Labels),
    policy: Type.Optional(PolicyName),
  },
  { title: 'JobSpec', additionalProperties: false },
)
export type JobSpec = Immutable<Static<typeof JobSpec>>

/** A recurring computation, as last declared. */
export const Job = Type.Object(
  { namespace: NamespaceName, job: JobName, spec: JobSpec, index: LogIndex, at: Timestamp },
  { title: 'Job', additionalProperties: false },
)
export type Job = Immutable<Static<typeof Job>>

/** A job's declaration, and the proof that it is recorded. */
export const JobReceipt = Type.Object(
  { ...Job.properties, proof: Proof },
  { title: 'JobReceipt', additionalProperties: false },
)
export type JobReceipt = Immutable<Static<typeof JobReceipt>>
