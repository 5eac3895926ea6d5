import BetterSqlite from 'better-sqlite3'
import pg from 'pg'
import type { Config } from '../../server/config.ts'

/** A handle on a catalog's database that no rule of ours stands before. */
export interface RawDatabase {
  /** Runs one statement, or several without parameters; gives the rows of the last. */
  run(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  close(): Promise<void>
}

/** Opens the database of a catalog past the catalog. */
export async function openRaw({ database }: Config): Promise<RawDatabase> {
  if (database.kind === 'sqlite') {
    const handle = new BetterSqlite(database.file)
    return {
      run: async (text) => {
        const statement = handle.prepare<[], Record<string, unknown>>(text)
        if (statement.reader) return statement.all()
        statement.run()
        return []
      },
      close: async () => {
        handle.close()
      },
    }
  }
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  return {
    run: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    close: () => client.end(),
  }
}
