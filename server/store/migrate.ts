import type { Migration } from '../../migrations/dialect.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Database } from './database.ts'

const createTable = `create table if not exists schema_migration (
  name text not null primary key,
  at text not null
)`

/**
 * Brings the database to the newest schema this server knows, each step in a transaction of its own.
 *
 * @throws {SCHEMA_UNKNOWN} the database has a step that this server does not know, or lacks an older one
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  now: Date,
): Promise<void> {
  await database.execute([createTable])
  const rows = await database.reader
    .selectFrom('schema_migration')
    .select('name')
    .orderBy('name')
    .execute()
  const applied = rows.map((row) => row.name)
  const known = migrations.map((migration) => migration.name)
  const unknown = applied.filter((name, place) => known[place] !== name)
  if (unknown.length > 0) {
    throw new CatalogError(
      'SCHEMA_UNKNOWN',
      `The database has the schema step "${unknown[0]}", which this server does not know: start the newer server that made it.`,
      { detail: { applied, known } },
    )
  }
  for (const migration of migrations.slice(applied.length)) {
    const record = `insert into schema_migration (name, at) values ('${migration.name}', '${now.toISOString()}')`
    const statements = [...migration.statements(database.dialect), record]
    await database.execute(statements)
  }
}
