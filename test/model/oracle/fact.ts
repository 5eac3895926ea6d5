import { canonicalize, type Json } from '../../../schema/canonical-json.ts'
import { digestOf } from '../../../schema/digest.ts'
import type { Grade, SkipReason } from '../../../schema/checkpoint.ts'

export type { Grade, SkipReason }

/** Who says which keys sign a log: the catalog itself. */
const CATALOG = 'cairn'

/** Who asks in every sequence. */
export const ACTOR = 'tester'

export type Labels = Readonly<Record<string, string>>
export type Spec = Readonly<{ description?: string; labels?: Labels }>

/** A checkpoint, and where in its job it was saved. */
export interface Origin {
  readonly checkpoint: string
  readonly run: string
  readonly step: number
}

export interface Blob {
  readonly name: string
  readonly uri: string
  readonly versionId: string
  readonly sizeBytes: number
  readonly digest: string
}

export interface Shard {
  readonly rank: number
  readonly blobs: readonly Blob[]
  readonly seeds?: readonly { readonly generator: string; readonly seed: number }[]
}

/** The manifests that sequences make; what the model reads of them. */
export interface Manifest {
  readonly schemaVersion: 1
  readonly namespace: string
  readonly job: string
  readonly run: string
  readonly attempt: number
  readonly partition?: string | undefined
  readonly step: number
  readonly kind: 'full' | 'delta'
  readonly tier: 'light' | 'durable'
  readonly base?: string | undefined
  readonly parents?:
    readonly { readonly relation: Relation; readonly checkpoint: string }[] | undefined
  readonly worldSize?: number | undefined
  readonly shards: readonly Shard[]
  readonly inputs?: readonly { readonly name: string; readonly version?: string }[] | undefined
  readonly parameters?: Readonly<Record<string, number>> | undefined
  readonly format?: { readonly name: string; readonly version: string } | undefined
  readonly progress?: { readonly records: number } | undefined
  readonly environment?: string | undefined
  readonly labels?: Labels | undefined
}

export type Relation = 'restored-from' | 'derived-from' | 'merged-from'
export type Finding = Exclude<Grade, 'committed'>
export type Outcome = 'succeeded' | 'failed' | 'cancelled'

/** What one accepted write says; the members that its entry must have, and a manifest for the model. */
export type Fact =
  | { readonly kind: 'namespace.declared'; readonly subject: string; readonly spec: Spec }
  | { readonly kind: 'job.declared'; readonly subject: string; readonly spec: Spec }
  | {
      readonly kind: 'log-key.published'
      readonly subject: string
      readonly keys: readonly { readonly key: string; readonly signs: boolean }[]
    }
  | { readonly kind: 'environment.recorded'; readonly subject: string }
  | {
      readonly kind: 'run.opened'
      readonly subject: string
      readonly job: string
      readonly partition: string
      readonly attempt: number
      readonly restoredFrom?: Origin | undefined
      readonly environment?: string | undefined
      readonly labels?: Labels | undefined
    }
  | {
      readonly kind: 'run.closed'
      readonly subject: string
      readonly outcome: Outcome
      readonly note?: string | undefined
    }
  | {
      readonly kind: 'checkpoint.registered'
      readonly subject: string
      readonly chainLength: number
      readonly restoredFrom?: string | undefined
      readonly manifest: Manifest
    }
  | {
      readonly kind: 'evidence.recorded'
      readonly subject: string
      readonly finding: Finding
      readonly outcome: 'passed' | 'failed'
      readonly method: string
    }
  | {
      readonly kind: 'checkpoint.tombstoned'
      readonly subject: string
      readonly reason: string
      readonly successor?: string | undefined
    }

/** A fact at its place in the log. */
export type Recorded<Of extends Fact = Fact> = Of & {
  readonly index: number
  readonly at: string
}

export type FactOf<Kind extends Fact['kind']> = Recorded<Extract<Fact, { readonly kind: Kind }>>

/** The entry that the log must hold for a fact. */
export function entryOf(recorded: Recorded): Readonly<Record<string, unknown>> {
  const { index: _index, ...entry } = recorded
  if (entry.kind === 'log-key.published') return plain({ v: 1, actor: CATALOG, ...entry })
  if (entry.kind !== 'checkpoint.registered') return plain({ v: 1, actor: ACTOR, ...entry })
  const { manifest: _manifest, ...registered } = entry
  return plain({ v: 1, actor: ACTOR, ...registered })
}

/** The same value as JSON carries it: without members that are undefined. */
export function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value))
}

/** The digest of a document's canonical bytes. */
export function documentDigest(document: unknown): string {
  const json: Json = JSON.parse(JSON.stringify(document))
  return digestOf(canonicalize(json))
}
