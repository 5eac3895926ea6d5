import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import type { NamespaceName } from '../../schema/names.ts'
import type { Tables } from '../../server/store/tables.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { useScene } from '../register/scene.ts'

for (const dialect of dialects) {
  describe(`the handles on ${dialect}`, () => {
    const scene = useScene(dialect)
    before(() => scene().open('fares'))

    test('the reader is refused every kind of write, whatever its type says', async () => {
      const reader = scene().at.catalog.context.db as unknown as Kysely<Tables>
      const size = await scene().size()
      const statements = [
        sql`insert into job (namespace, job, log_index, at, spec) values ('a', 'b', 1, 'c', '{}')`,
        sql`update run set outcome = 'failed'`,
        sql`delete from job`,
        sql`drop table job`,
        sql`create table other (name text)`,
      ]
      for (const statement of statements) {
        await assert.rejects(statement.execute(reader), { code: /^(?:SQLITE_READONLY|25006)$/ })
      }
      assert.equal(await scene().size(), size)
      assert.equal((await scene().get('/jobs/fares')).status, 200)
    })

    test('a transaction that throws leaves nothing behind', async () => {
      const { database } = scene().at.catalog
      const namespace = 'half' as NamespaceName
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.createHead(namespace)
          throw new Error('half way')
        }),
        { message: 'half way' },
      )
      const found = await database.transaction((tx) => tx.lockHead(namespace))
      assert.equal(found, undefined)
    })

    test('transactions that are asked for at once run one after the other, each as a whole', async () => {
      const { database } = scene().at.catalog
      await database.transaction((tx) => tx.createHead('turns' as NamespaceName))
      const lengths = await Promise.all(
        Array.from({ length: 8 }, () =>
          database.transaction(async (tx) => {
            const head = await tx.lockHead('turns' as NamespaceName)
            assert.ok(head)
            await tx.upsert('log_head', [{ ...head, size: head.size + 1 }])
            return head.size
          }),
        ),
      )
      assert.deepEqual(
        lengths.toSorted((left, right) => left - right),
        [0, 1, 2, 3, 4, 5, 6, 7],
      )
    })

    if (dialect === 'sqlite') {
      test('both handles flush every commit to the disk, after their first use too', async () => {
        const { context, database } = scene().at.catalog
        const reader = context.db as unknown as Kysely<Tables>
        const pragma = sql<{ synchronous: number }>`pragma synchronous`
        assert.deepEqual((await pragma.execute(reader)).rows, [{ synchronous: 2 }])
        const written = await database.transaction(
          async (tx) => (await pragma.execute(tx.query)).rows,
        )
        assert.deepEqual(written, [{ synchronous: 2 }])
      })

      test('the file has the page size that was chosen, and a write-ahead log', async () => {
        const reader = scene().at.catalog.context.db as unknown as Kysely<Tables>
        assert.deepEqual((await sql`pragma page_size`.execute(reader)).rows, [{ page_size: 2048 }])
        assert.deepEqual((await sql`pragma journal_mode`.execute(reader)).rows, [
          { journal_mode: 'wal' },
        ])
      })

      test('a catalog in a folder that is not there yet makes one for its owner alone', async () => {
        const directory = join(mkdtempSync(join(tmpdir(), 'cairn-test-')), 'deep', 'er')
        const config = { ...scene().at.config, dataDirectory: directory }
        const file = join(directory, 'catalog.sqlite')
        const fresh = await openTestCatalog('sqlite', {
          ...config,
          database: { kind: 'sqlite', file },
        })
        assert.equal((await stat(directory)).mode & 0o077, 0)
        assert.ok((await stat(file)).isFile())
        await fresh.close()
      })
    } else {
      test('every writing connection waits for the disk before it says that it committed', async () => {
        const rows = await scene().at.catalog.database.transaction(
          async (tx) =>
            (await sql`select current_setting('synchronous_commit') as value`.execute(tx.query))
              .rows,
        )
        assert.deepEqual(rows, [{ value: 'on' }])
      })
    }
  })
}
