import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { EntryKind, EntryOf } from '../../schema/entry.ts'
import type { Environment } from '../../schema/environment.ts'
import type { Manifest } from '../../schema/manifest.ts'

/** Where the corpus is: exact bytes, which nobody writes again once they are there. */
export const corpus = fileURLToPath(new URL('../golden/', import.meta.url))

/** Every version of every kind of entry that was ever released: a new one without an example does not compile. */
export const entryVersions: {
  readonly [Kind in EntryKind]: { readonly [Version in EntryOf<Kind>['v']]: true }
} = {
  'namespace.declared': { 1: true },
  'job.declared': { 1: true },
  'policy.set': { 1: true },
  'format.published': { 1: true },
  'environment.recorded': { 1: true },
  'run.opened': { 1: true },
  'run.closed': { 1: true },
  'checkpoint.registered': { 1: true },
  'evidence.recorded': { 1: true },
  'restore.opened': { 1: true },
  'restore.recorded': { 1: true },
  'bucket.probed': { 1: true },
  'bucket.reconciled': { 1: true },
  'checkpoint.tombstoned': { 1: true },
  'drift.acknowledged': { 1: true },
  'hold.placed': { 1: true },
  'hold.lifted': { 1: true },
  'retention.decided': { 1: true },
  'drill.recorded': { 1: true },
  'reservation.opened': { 1: true },
  'reservation.abandoned': { 1: true },
  'sweep.intended': { 1: true },
  'sweep.recorded': { 1: true },
  'log-key.published': { 1: true },
}

/** Every version of every document that has one. */
export const documentVersions: {
  readonly manifest: { readonly [Version in Manifest['schemaVersion']]: true }
  readonly environment: { readonly [Version in Environment['schemaVersion']]: true }
} = { manifest: { 1: true }, environment: { 1: true } }

/** An entry of the corpus. */
export interface GoldenEntry {
  readonly file: string
  readonly kind: string
  readonly v: number
  /** RFC 6962 hash of the bytes, base64. */
  readonly leafHash: string
  /** The file of the document that it came with. */
  readonly document?: string
}

/** A document of the corpus; the schema of a format has no version. */
export interface GoldenDocument {
  readonly file: string
  readonly kind: 'manifest' | 'environment' | 'schema'
  readonly version?: number
  readonly digest: string
}

/** What the corpus holds. */
export interface GoldenIndex {
  readonly entries: readonly GoldenEntry[]
  readonly documents: readonly GoldenDocument[]
}

/** Reads what the corpus says that it holds; nothing where it is new. */
export function readIndex(): GoldenIndex {
  const file = `${corpus}index.json`
  if (!existsSync(file)) return { entries: [], documents: [] }
  return JSON.parse(readFileSync(file, 'utf8')) as GoldenIndex
}

/** The files that the corpus has, beside its index. */
export function goldenFiles(): readonly string[] {
  return ['entries', 'documents'].flatMap((folder) =>
    readdirSync(`${corpus}${folder}`).map((name) => `${folder}/${name}`),
  )
}
