import type { Json } from '../../schema/canonical-json.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Entry, EntryKind, EntryOf } from '../../schema/entry.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Patch } from '../store/database.ts'
import type { Key } from '../store/lookup.ts'
import type { ProjectionTable, Row } from '../store/tables.ts'

/** An entry with its place in the log. */
export interface Recorded<Kind extends EntryKind = EntryKind> {
  readonly namespace: NamespaceName
  readonly index: LogIndex
  readonly entry: EntryOf<Kind>
  /** The parsed document that the entry names, where the kind has one. */
  readonly document?: Json
}

/** One change of a projection's row; the same entries give the same changes. */
export type RowChange = {
  readonly [Name in ProjectionTable]:
    | { readonly kind: 'insert'; readonly table: Name; readonly row: Row<Name> }
    | { readonly kind: 'upsert'; readonly table: Name; readonly row: Row<Name> }
    | ({ readonly kind: 'patch'; readonly table: Name } & Patch<Name>)
}[ProjectionTable]

/** What one capability makes of entries: pure, so that a replay gives the same rows. */
export interface Projection {
  readonly on: {
    readonly [Kind in EntryKind]?: (recorded: Recorded<Kind>) => readonly RowChange[]
  }
}

/** Changes that all projections make for an entry. */
export function project(
  projections: readonly Projection[],
  recorded: Recorded,
): readonly RowChange[] {
  return projections.flatMap((projection) => {
    const handler = projection.on[recorded.entry.kind] as
      ((recorded: Recorded) => readonly RowChange[]) | undefined
    return handler === undefined ? [] : handler(recorded)
  })
}

/** The digest of the document that an entry came with; undefined where its kind has none. */
export function documentOf(entry: Entry): Digest | undefined {
  switch (entry.kind) {
    case 'checkpoint.registered':
    case 'environment.recorded':
      return entry.subject
    case 'format.published':
      return entry.schema
    default:
      return undefined
  }
}

/** Whether an entry came with a document. */
export function hasDocument(entry: Entry): boolean {
  return documentOf(entry) !== undefined
}

/** A row's place by some of its columns, as a map key. */
export function keyText(key: Key): string {
  return key.join('\u0000')
}
