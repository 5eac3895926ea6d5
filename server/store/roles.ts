import { sql } from 'kysely'
import { CatalogError } from '../../schema/errors.ts'
import type { Database } from './database.ts'
import type { TableName } from './tables.ts'

const insertOnly = 'select, insert'
const projection = 'select, insert, update'

/** What a server does with each table. A role that may do just this cannot change history, nor switch guards off. */
const privileges: Readonly<Record<TableName, string>> = {
  schema_migration: 'select',
  entry: insertOnly,
  document: insertOnly,
  tile: insertOnly,
  tree_head: insertOnly,
  access_log: insertOnly,
  log_head: 'select, insert, update',
  idempotency: 'select, insert, delete',
  namespace: projection,
  job: projection,
  policy: projection,
  format_version: projection,
  environment: projection,
  log_key: projection,
  run: projection,
  line: projection,
  partition_window: projection,
  rehearsal: projection,
  checkpoint: projection,
  checkpoint_label: projection,
  edge: projection,
  evidence: projection,
  bucket_probe: projection,
  restore: projection,
  drift_acknowledgement: projection,
  hold: projection,
  retention_run: projection,
  sweep: projection,
  tombstone: projection,
  reservation: projection,
  reservation_lease: 'select, insert, update, delete',
  reservation_shard: 'select, insert, delete',
}

const historyTables = Object.entries(privileges)
  .filter(([, allowed]) => allowed === insertOnly)
  .map(([table]) => table)

/** What the role of a connection may do with the catalog's tables. */
export interface RoleStanding {
  readonly role: string
  /** Whether it could change what was recorded, or take the guards away. */
  readonly mayRewrite: boolean
  /** Tables with which it may not do what a server does. */
  readonly lacks: readonly string[]
}

/** Tables with the schema and the database that they are in. */
const history = sql`pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_database d on d.datname = current_database()`

/** Whether a role is, or can become, one who may drop a table: its owner, or that of what it is in. */
const owns = (role: ReturnType<typeof sql>): ReturnType<typeof sql> => sql`(
  pg_has_role(${role}, c.relowner, 'MEMBER')
  or pg_has_role(${role}, n.nspowner, 'MEMBER')
  or pg_has_role(${role}, d.datdba, 'MEMBER'))`

/** Looks at the role that a PostgreSQL connection has. */
export async function inspectRole(database: Database): Promise<RoleStanding> {
  const wanted = Object.entries(privileges).flatMap(([table, allowed]) =>
    allowed.split(', ').map((privilege) => sql`(${table}, ${privilege})`),
  )
  return database.transaction(async (tx) => {
    const standing = await sql<{ role: string; may_rewrite: boolean }>`
      select current_user as role, bool_or(
        ${owns(sql`current_user`)}
        or has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER')
        or has_any_column_privilege(c.oid, 'UPDATE')) as may_rewrite
      from ${history} where c.oid = any (${historyTables}::regclass[])`.execute(tx.query)
    const lacking = await sql<{ name: string }>`
      select distinct name from (values ${sql.join(wanted)}) as wanted (name, privilege)
      where not has_table_privilege(name::text, privilege::text) order by name`.execute(tx.query)
    const [found] = standing.rows
    return {
      role: found?.role ?? '',
      mayRewrite: found?.may_rewrite ?? true,
      lacks: lacking.rows.map((row) => row.name),
    }
  })
}

/**
 * Lets a role do what a server does and nothing else, and the same for every role that was granted it
 * before, so that tables which are new are not forgotten. Gives all their names.
 *
 * @throws {CONFIG_INVALID} there is no such role, it could change history anyway, or the tables are
 *   another's
 */
export async function grantToServers(
  database: Database,
  role: string | undefined,
): Promise<readonly string[]> {
  if (role !== undefined) await requireLesserRole(database, role)
  const roles = [
    ...new Set([...(await grantedRoles(database)), ...(role === undefined ? [] : [role])]),
  ]
  const [schema = 'public'] = await namesOf(database, sql`select current_schema() as name`)
  try {
    await database.execute(roles.flatMap((one) => grantStatements(schema, one)))
  } catch (error) {
    if (!isNotAllowed(error)) throw error
    throw invalid(
      'The tables belong to another role, who alone can grant them: give its URL in CAIRN_DATABASE_OWNER_URL, or let a superuser "reassign owned by" it.',
      error,
    )
  }
  return roles
}

function grantStatements(schema: string, role: string): readonly string[] {
  const to = quoted(role)
  return [
    `revoke all on ${Object.keys(privileges).join(', ')} from public, ${to}`,
    `grant usage on schema ${quoted(schema)} to ${to}`,
    ...Object.entries(privileges).map(
      ([table, allowed]) => `grant ${allowed} on ${table} to ${to}`,
    ),
  ]
}

async function requireLesserRole(database: Database, role: string): Promise<void> {
  const known = await namesOf(
    database,
    sql`select rolname as name from pg_roles where rolname = ${role}`,
  )
  if (known.length === 0) {
    throw invalid(`There is no role "${role}": make it with "create role ${quoted(role)} login".`)
  }
  const owners = await namesOf(
    database,
    sql`select c.relname as name from ${history}
      where c.oid = any (${historyTables}::regclass[]) and ${owns(sql`${role}::name`)}`,
  )
  if (owners.length > 0) {
    throw invalid(
      `The role "${role}" owns the tables, their schema or the database, or is a superuser, and could take the guards away: name one that does not.`,
    )
  }
}

/** Roles beside the owner that may add entries. */
function grantedRoles(database: Database): Promise<readonly string[]> {
  return namesOf(
    database,
    sql`select distinct r.rolname as name
      from pg_class c, aclexplode(c.relacl) as a join pg_roles r on r.oid = a.grantee
      where c.oid = 'entry'::regclass and a.privilege_type = 'INSERT' and a.grantee <> c.relowner`,
  )
}

function namesOf(database: Database, query: ReturnType<typeof sql>): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    const { rows } = await query.execute(tx.query)
    return rows.map((row) => (row as { readonly name: string }).name)
  })
}

/** Whether the database refused for want of a privilege. */
export function isNotAllowed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501'
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const invalid = (message: string, cause?: unknown): CatalogError =>
  new CatalogError('CONFIG_INVALID', message, cause === undefined ? {} : { cause })
