/** Which SQL a migration is written in. */
export type Dialect = 'sqlite' | 'postgres'

/** What differs between the two when a table is created. */
export interface ColumnTypes {
  readonly integer: string
  readonly bytes: string
  /** Suffix of a table: strict typing on SQLite. */
  readonly strict: string
  /** Suffix of a table that is clustered by its primary key. */
  readonly clustered: string
}

export const columnTypes: Readonly<Record<Dialect, ColumnTypes>> = {
  sqlite: {
    integer: 'integer',
    bytes: 'blob',
    strict: ' strict',
    clustered: ' strict, without rowid',
  },
  postgres: { integer: 'bigint', bytes: 'bytea', strict: '', clustered: '' },
}

/** One step of the schema: SQL statements for either dialect, never edited after release. */
export interface Migration {
  readonly name: string
  readonly statements: (dialect: Dialect) => readonly string[]
}
