import { Type, type Static } from 'typebox'
import type { Immutable } from './immutable.ts'
import { Labels, LogIndex, NamespaceName, JobName, Note, Timestamp } from './names.ts'

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

export const JobSpec = Type.Object(
  { description: Type.Optional(Note), labels: Type.Optional(Labels) },
  { title: 'JobSpec', additionalProperties: false },
)
export type JobSpec = Immutable<Static<typeof JobSpec>>

/** A recurring computation, as last declared. */
export const Job = Type.Object(
  { namespace: NamespaceName, job: JobName, spec: JobSpec, index: LogIndex, at: Timestamp },
  { title: 'Job', additionalProperties: false },
)
export type Job = Immutable<Static<typeof Job>>
