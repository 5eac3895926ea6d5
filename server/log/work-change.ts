import type { Patch } from '../store/database.ts'
import type { Key } from '../store/lookup.ts'
import type { Row, WorkTable } from '../store/tables.ts'

/** One change of working state; it is durable with the batch, and no entry tells of it. */
export type WorkChange = {
  readonly [Name in WorkTable]:
    | { readonly kind: 'insert'; readonly table: Name; readonly row: Row<Name> }
    | ({ readonly kind: 'patch'; readonly table: Name } & Patch<Name>)
    /** Every row whose primary key begins with these values. */
    | { readonly kind: 'remove'; readonly table: Name; readonly key: Key }
}[WorkTable]
