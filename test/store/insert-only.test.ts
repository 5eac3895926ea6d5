import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { dialects } from '../harness/catalog.ts'
import { useScene } from '../register/scene.ts'
import { openRaw, type RawDatabase } from './raw.ts'

/** A column of each insert-only table, and what else would name the first row. */
const tables = {
  entry: { column: 'bytes', keys: 'namespace, log_index' },
  document: { column: 'bytes', keys: 'namespace, log_index' },
  tile: { column: 'root', keys: 'namespace, level, tile_index' },
  tree_head: { column: 'root', keys: 'namespace, size' },
  access_log: { column: 'body', keys: 'namespace, sequence' },
} as const
type Table = keyof typeof tables
const names = Object.keys(tables) as readonly Table[]

/** Codes of a broken rule: SQLite's constraints, and class 23 of SQLSTATE. */
const violation = { sqlite: /^SQLITE_CONSTRAINT/, postgres: /^23/ } as const

/** Entries enough for one full tile. */
const ENTRIES_COUNT = 300

for (const dialect of dialects) {
  describe(`the insert-only tables on ${dialect}`, () => {
    const scene = useScene(dialect)
    let raw: RawDatabase
    const allRows = async (): Promise<readonly unknown[]> => {
      const rows: unknown[] = []
      for (const table of names) rows.push(await raw.run(`select * from ${table} order by 1, 2`))
      return rows
    }
    /** A statement must be refused for the rule it breaks, and must have changed nothing. */
    const refuses = async (statement: string): Promise<void> => {
      const rows = await allRows()
      await assert.rejects(raw.run(statement), { code: violation[dialect] }, statement)
      assert.deepEqual(await allRows(), rows, statement)
    }

    before(async () => {
      const { run } = await scene().open('fares')
      await scene().save(run, 1)
      await Promise.all(
        Array.from({ length: ENTRIES_COUNT }, (_, number) =>
          scene().put(`/jobs/job-${number}`, {}),
        ),
      )
      raw = await openRaw(scene().at.config)
      for (const table of names) {
        assert.notEqual((await raw.run(`select 1 as one from ${table} limit 1`)).length, 0, table)
      }
    })
    after(() => raw.close())

    for (const table of names) {
      const { column, keys } = tables[table]

      test(`${table} refuses UPDATE, of one row, of all, and of a key`, async () => {
        const [firstKey = ''] = keys.split(', ').slice(-1)
        await refuses(`update ${table} set ${column} = ${column}`)
        await refuses(`update ${table} set ${firstKey} = ${firstKey}`)
        await refuses(
          `update ${table} set ${column} = ${column} where ${firstKey} = (select min(${firstKey}) from ${table})`,
        )
      })

      test(`${table} refuses DELETE`, async () => {
        await refuses(`delete from ${table}`)
        const [firstKey = ''] = keys.split(', ').slice(-1)
        await refuses(
          `delete from ${table} where ${firstKey} = (select min(${firstKey}) from ${table})`,
        )
      })

      test(`${table} refuses to take a row again, by any kind of insert`, async () => {
        const columns = (await columnsOf(raw, dialect, table)).join(', ')
        const again = `into ${table} (${columns}) select ${columns} from ${table} where true`
        await refuses(`insert ${again}`)
        await refuses(
          `insert ${again} on conflict (${keys}) do update set ${column} = excluded.${column}`,
        )
        if (dialect === 'sqlite') {
          await refuses(`insert or replace ${again}`)
          await refuses(`replace ${again}`)
          await refuses(`insert or ignore ${again}`)
        }
      })
    }

    if (dialect === 'sqlite') {
      test('INSERT OR REPLACE is refused also where recursive triggers are off', async () => {
        await raw.run('pragma recursive_triggers = off')
        for (const table of names) {
          await refuses(`insert or replace into ${table} select * from ${table} limit 1`)
        }
      })
    } else {
      test('TRUNCATE is refused, alone and with what depends on it', async () => {
        for (const table of names) {
          await refuses(`truncate ${table}`)
          await refuses(`truncate ${table} cascade`)
        }
      })

      test('a session that says it is a replica is refused as well', async () => {
        await raw.run("set session_replication_role = 'replica'")
        for (const table of names) {
          await refuses(`update ${table} set ${tables[table].column} = ${tables[table].column}`)
          await refuses(`delete from ${table}`)
          await refuses(`truncate ${table} cascade`)
        }
        await raw.run("set session_replication_role = 'origin'")
      })
    }

    test('an entry beyond the next index leaves a gap, and is refused', async () => {
      await refuses(insertEntry(scene().namespace, '(select max(log_index) + 2 from entry)'))
    })

    test('a second version of an index is refused', async () => {
      await refuses(insertEntry(scene().namespace, '(select max(log_index) from entry)'))
      await refuses(insertEntry(scene().namespace, '0'))
    })

    test('the first entry of a namespace has index 0', async () => {
      await refuses(insertEntry('elsewhere', '1'))
    })

    test('an index below 0 is refused', async () => {
      await refuses(insertEntry('elsewhere', '-1'))
    })

    test('a tree head that is no larger than the newest is refused', async () => {
      await refuses(
        `insert into tree_head (namespace, size, root, at_ms)
         select namespace, max(size), min(root), 0 from tree_head group by namespace`,
      )
    })

    test('a record of the access log beyond the next number, or a second one of a number, is refused', async () => {
      const head = 'insert into access_log (namespace, sequence, previous, hash, body) select'
      const rest = 'previous, hash, body from access_log where sequence = 0'
      const newest = '(select max(sequence) from access_log)'
      await refuses(`${head} namespace, ${newest} + 2, ${rest}`)
      await refuses(`${head} namespace, ${newest}, ${rest}`)
      await refuses(`${head} 'elsewhere', 1, ${rest}`)
    })

    test('an entry whose leaf hash has not 32 bytes, or no bytes, is refused', async () => {
      const next = 'select namespace, max(log_index) + 1'
      const from = 'from entry group by namespace'
      const head = 'insert into entry (namespace, log_index, bytes, leaf_hash)'
      await refuses(`${head} ${next}, min(bytes), ${literal(dialect, '00')} ${from}`)
      await refuses(`${head} ${next}, ${literal(dialect, '')}, min(leaf_hash) ${from}`)
    })
  })
}

/** Takes another entry's bytes and hash, so that only the index is wrong. */
function insertEntry(namespace: string, index: string): string {
  return `insert into entry (namespace, log_index, bytes, leaf_hash)
    select '${namespace}', ${index}, bytes, leaf_hash from entry where log_index = 0`
}

function literal(dialect: string, hex: string): string {
  return dialect === 'sqlite' ? `x'${hex}'` : `'\\x${hex}'::bytea`
}

/** Columns that a row can be given; PostgreSQL computes one of them. */
async function columnsOf(
  raw: RawDatabase,
  dialect: string,
  table: Table,
): Promise<readonly string[]> {
  const rows = await raw.run(
    dialect === 'sqlite'
      ? `select name from pragma_table_info('${table}')`
      : `select column_name as name from information_schema.columns
         where table_name = '${table}' and is_generated = 'NEVER'`,
  )
  return rows.map((row) => String(row['name']))
}
