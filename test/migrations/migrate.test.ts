import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Migration } from '../../migrations/dialect.ts'
import { migrations } from '../../migrations/index.ts'
import { openDatabase } from '../../server/compose.ts'
import type { Config } from '../../server/config.ts'
import type { Database } from '../../server/store/database.ts'
import { migrate } from '../../server/store/migrate.ts'
import { projectionTables, tables } from '../../server/store/tables.ts'
import { dialects, newConfig, openTestCatalog, START_MS } from '../harness/catalog.ts'
import { declareScene } from '../register/scene.ts'
import { openRaw, type RawDatabase } from '../store/raw.ts'

const nowMs = (): number => START_MS

for (const dialect of dialects) {
  describe(`migrations on ${dialect}`, () => {
    /** Runs with a new database, and the database as it is past the catalog. */
    const onNew = async (
      body: (config: Config, database: Database, raw: RawDatabase) => Promise<void>,
    ): Promise<void> => {
      const config = await newConfig(dialect)
      const database = await openDatabase(config.database, nowMs)
      const raw = await openRaw(config)
      try {
        await body(config, database, raw)
      } finally {
        await raw.close()
        await database.close()
      }
    }
    const stepsOf = async (raw: RawDatabase): Promise<readonly unknown[]> =>
      (await raw.run('select name from schema_migration order by name')).map((row) => row['name'])

    test('a new database has every step, in order, and every table with its columns', async () => {
      await onNew(async (_config, _database, raw) => {
        assert.deepEqual(
          await stepsOf(raw),
          migrations.map((migration) => migration.name),
        )
        for (const [table, columns] of Object.entries(tables)) {
          const names = Object.keys(columns).join(', ')
          assert.deepEqual(await raw.run(`select ${names} from ${table} where 1 = 0`), [], table)
        }
        for (const table of projectionTables) assert.ok(table in tables)
      })
    })

    test('migrating again changes nothing', async () => {
      await onNew(async (config, database, raw) => {
        const before = await schemaOf(raw, dialect)
        const rows = await raw.run('select * from schema_migration order by name')
        await migrate(database, migrations, new Date(START_MS + 1))
        const second = await openDatabase(config.database, () => START_MS + 2)
        await second.close()
        assert.deepEqual(await schemaOf(raw, dialect), before)
        assert.deepEqual(await raw.run('select * from schema_migration order by name'), rows)
      })
    })

    test('a catalog that is opened again still has what was stored', async () => {
      const config = await newConfig(dialect)
      const first = await openTestCatalog(dialect, config)
      await declareScene(first, 'airline')
      await first.catalog.close()
      const second = await openTestCatalog(dialect, config)
      assert.equal((await second.call('GET', '/v1/namespaces')).body.items.length, 1)
      await second.close()
    })

    test('a database with a step that this server does not know is refused', async () => {
      for (const name of ['9999-future', '0000-other', '0001-log-changed']) {
        await onNew(async (config, _database, raw) => {
          await raw.run(`insert into schema_migration (name, at) values ('${name}', 'then')`)
          const before = await schemaOf(raw, dialect)
          await assert.rejects(openDatabase(config.database, nowMs), {
            code: 'SCHEMA_UNKNOWN',
            message: /newer server/,
          })
          assert.deepEqual(await schemaOf(raw, dialect), before)
        })
      }
    })

    test('a database that lacks an older step is refused', async () => {
      await onNew(async (config, _database, raw) => {
        await raw.run("delete from schema_migration where name like '0001%'")
        await assert.rejects(openDatabase(config.database, nowMs), { code: 'SCHEMA_UNKNOWN' })
      })
    })

    test('a step that fails leaves nothing of itself behind', async () => {
      await onNew(async (_config, database, raw) => {
        const before = await schemaOf(raw, dialect)
        const broken: Migration = {
          name: '9000-broken',
          statements: () => ['create table half (name text)', 'create table half (name text)'],
        }
        await assert.rejects(migrate(database, [...migrations, broken], new Date(START_MS)))
        assert.deepEqual(await schemaOf(raw, dialect), before)
        assert.equal((await stepsOf(raw)).length, migrations.length)
      })
    })

    test('servers that start at once over a new database all come up', async () => {
      const config = await newConfig(dialect)
      const opened = await Promise.allSettled(
        Array.from({ length: 4 }, () => openDatabase(config.database, nowMs)),
      )
      for (const result of opened) if (result.status === 'fulfilled') await result.value.close()
      const failures = opened.flatMap((result) =>
        result.status === 'rejected' ? [String(result.reason)] : [],
      )
      assert.deepEqual(failures, [])
    })
  })
}

/** Every table, column, index and trigger, as the database itself lists them. */
function schemaOf(
  raw: RawDatabase,
  dialect: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return raw.run(
    dialect === 'sqlite'
      ? 'select type, name, sql from sqlite_schema order by type, name'
      : `select table_name as name, column_name as part from information_schema.columns
           where table_schema = 'public'
         union all select tablename, indexdef from pg_indexes where schemaname = 'public'
         union all select event_object_table, trigger_name || event_manipulation from information_schema.triggers
         order by 1, 2`,
  )
}
