import BetterSqlite from 'better-sqlite3'

/** Tells what a database file holds, and whether it can be used, without asking Cairn. */
export type ReadContent = (file: string) => string

/** Nothing reads when a step of the schema was taken. */
const unread: ReadonlySet<string> = new Set(['schema_migration.at'])

/**
 * Learns from a sound file what there is to read: every row of every table with the type of each cell, every
 * answer of every index, the schema and the planner's statistics.
 */
export function contentReader(sound: string): ReadContent {
  const handle = new BetterSqlite(sound, { readonly: true })
  const parts = [
    textOf('sqlite_schema', ['type', 'name', 'tbl_name', 'rootpage', 'sql']),
    ...tablesOf(handle).flatMap((table) => [
      textOf(`${table} not indexed`, columnsOf(handle, table)),
      ...indexesOf(handle, table),
    ]),
  ]
  handle.close()
  const text = `select ${parts.map((part) => `(${part})`).join(` || char(10) || `)}`
  return (file) => {
    const opened = new BetterSqlite(file)
    try {
      const content = opened.prepare<[], string>(text).pluck().get()
      if (content === undefined) throw new Error('the database gives no answer')
      return `${content}\n${tryToWrite(opened)}`
    } finally {
      opened.close()
    }
  }
}

/** All rows of a source as one text; never null, which would make the whole of it null. */
function textOf(source: string, columns: readonly string[], end = ''): string {
  const row = columns.map((column) => `quote(${column})`).join(` || ',' || `)
  return `select coalesce(group_concat(line, ';'), '') from (select ${row} as line from ${source}${end})`
}

function tablesOf(handle: BetterSqlite.Database): readonly string[] {
  return handle
    .prepare<[], string>("select name from sqlite_schema where type = 'table' order by name")
    .pluck()
    .all()
}

function columnsOf(handle: BetterSqlite.Database, table: string): readonly string[] {
  return handle
    .prepare<[string], string>('select name from pragma_table_info(?)')
    .pluck()
    .all(table)
    .filter((column) => !unread.has(`${table}.${column}`))
}

/** What each index answers, in its order; primary keys without an index of their own are the table. */
function indexesOf(handle: BetterSqlite.Database, table: string): readonly string[] {
  const indexes = handle
    .prepare<[string], { name: string; partial: number }>(
      `select name, partial from pragma_index_list(?)
        where name in (select name from sqlite_schema where type = 'index')`,
    )
    .all(table)
  return indexes.map(({ name, partial }) => {
    const columns = handle
      .prepare<[string], string>('select name from pragma_index_info(?) order by seqno')
      .pluck()
      .all(name)
    const where = partial === 1 ? ` where ${columns[0]} is not null` : ''
    return textOf(`${table} indexed by ${name}`, columns, `${where} order by ${columns.join(', ')}`)
  })
}

/** A server must be able to add to it; nothing is kept. */
function tryToWrite(handle: BetterSqlite.Database): string {
  handle.exec('begin immediate')
  handle
    .prepare(
      "insert into idempotency (principal, key, request_digest, result, at_ms) values ('flip', 'flip', '', '', 0)",
    )
    .run()
  handle.exec('rollback')
  return 'can be written'
}
