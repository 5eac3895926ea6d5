import type BetterSqlite from 'better-sqlite3'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** Distinct SQL texts kept compiled on a handle. Filters make few hundred shapes. */
const STATEMENTS_MAX_COUNT = 512

/** Keeps compiled statements: kysely prepares anew for every query, which costs more than running it. */
export function cachingDatabase(
  handle: BetterSqlite.Database,
  beforeQuery?: () => void,
): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    prepare: (text) => {
      beforeQuery?.()
      const known = statements.get(text)
      if (known !== undefined) return known
      if (statements.size >= STATEMENTS_MAX_COUNT) statements.clear()
      const statement = handle.prepare<unknown[], unknown>(text)
      statements.set(text, statement)
      return statement
    },
    close: () => undefined,
  }
}
