import type { Kysely } from 'kysely'
import type { ReadonlyKysely } from 'kysely/readonly'
import type { Dialect } from '../../migrations/dialect.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { Key, Lookup } from './lookup.ts'
import type { Row, TableName, Tables } from './tables.ts'

/** The read side: a handle that cannot write. */
export type Reader = ReadonlyKysely<Tables>

/** The same handle, of which only reading can be seen. */
export function readingOf(handle: Kysely<Tables>): Reader {
  return handle as unknown as Reader
}

/** A change of single columns of one row, found by its primary key. */
export interface Patch<Name extends TableName = TableName> {
  readonly key: Key
  readonly set: Partial<Row<Name>>
}

/** The write side, for the length of one transaction. Only `server/log` and migrations use it. */
export interface WriteTransaction {
  /** Locks the namespace's head until the transaction ends; undefined when the log does not exist. */
  lockHead(namespace: NamespaceName): Promise<Row<'log_head'> | undefined>
  /** Makes the head of a new log, and locks it. */
  createHead(namespace: NamespaceName): Promise<Row<'log_head'>>
  /** One row or undefined for each key, in their order. */
  find<Name extends TableName>(
    lookup: Lookup<Name>,
    keys: readonly Key[],
  ): Promise<readonly (Row<Name> | undefined)[]>
  insert<Name extends TableName>(table: Name, rows: readonly Row<Name>[]): Promise<void>
  /** Inserts rows, or replaces all other columns of those that are there. */
  upsert<Name extends TableName>(table: Name, rows: readonly Row<Name>[]): Promise<void>
  patch<Name extends TableName>(table: Name, patches: readonly Patch<Name>[]): Promise<void>
  /** Any query, on this transaction: sees what it has written. */
  readonly query: Kysely<Tables>
}

/** A database: a read-only handle, and one transaction at a time that may write. */
export interface Database {
  readonly dialect: Dialect
  readonly reader: Reader
  /** Runs the body in a transaction that is durable when the promise resolves. */
  transaction<Result>(body: (tx: WriteTransaction) => Promise<Result>): Promise<Result>
  /** Runs statements in one transaction, outside of every rule: for migrations only. */
  execute(statements: readonly string[]): Promise<void>
  close(): Promise<void>
}
