import type { Migration } from '../../migrations/dialect.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Database } from './database.ts'
import { isNotAllowed } from './roles.ts'

/** The table of the steps that a database has taken. */
export const STEPS_TABLE = `create table if not exists schema_migration (
  name text not null primary key,
  at text not null
)`

/**
 * Brings the database to the newest schema this server knows, each step in a transaction of its own.
 *
 * @throws {SCHEMA_UNKNOWN} the database has a step that this server does not know, or lacks an older one
 * @throws {CONFIG_INVALID} there are steps to take, and the role may not
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  now: Date,
): Promise<void> {
  const hasTable = () =>
    appliedSteps(database).then(
      () => true,
      () => false,
    )
  // Asked first: a role that may create nothing is refused this even where the table is there.
  if (!(await hasTable())) await executeOnce(database, [STEPS_TABLE], hasTable)
  const applied = await appliedSteps(database)
  const known = migrations.map((migration) => migration.name)
  const unknown = applied.filter((name, place) => known[place] !== name)
  if (unknown.length > 0) {
    throw new CatalogError(
      'SCHEMA_UNKNOWN',
      `The database has the schema step "${unknown[0]}", which this server does not know: start the newer server that made it.`,
      { detail: { applied, known } },
    )
  }
  for (const { name, statements } of migrations.slice(applied.length)) {
    const step = [...statements(database.dialect), recordStep(name, now)]
    await executeOnce(database, step, async () => (await appliedSteps(database)).includes(name))
  }
}

/** The statement that notes a step as taken. */
export function recordStep(name: string, now: Date): string {
  return `insert into schema_migration (name, at) values ('${name}', '${now.toISOString()}')`
}

/** Several servers may start at once over one database: the first takes the step, and the others find it taken. */
async function executeOnce(
  database: Database,
  statements: readonly string[],
  isDone: () => Promise<boolean>,
): Promise<void> {
  try {
    await database.execute(statements)
  } catch (error) {
    if (await isDone()) return
    throw isNotAllowed(error) ? mayNotMigrate(error) : error
  }
}

const mayNotMigrate = (cause: unknown): CatalogError =>
  new CatalogError(
    'CONFIG_INVALID',
    "The database is not at this server's schema, and the role of CAIRN_DATABASE_URL may not change it: run \"cairn migrate --grant\" with that role's name, and the owner's URL in CAIRN_DATABASE_OWNER_URL.",
    { cause },
  )

/** Names of the steps taken, oldest first. */
async function appliedSteps(database: Database): Promise<readonly string[]> {
  const query = database.reader.selectFrom('schema_migration').select('name').orderBy('name')
  return (await query.execute()).map((row) => row.name)
}
