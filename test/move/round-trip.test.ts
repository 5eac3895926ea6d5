import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { verifierKeyOf } from '../../schema/transparency/verifier-key.ts'
import { projectionTables } from '../../server/store/tables.ts'
import { dialects, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { answered, sceneIn } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'
import {
  assertEmpty,
  checkOf,
  exportOf,
  importInto,
  NAMESPACE,
  openSibling,
  useFilled,
} from './moving.ts'

/** More than one tile. */
const ENTRY_COUNT = 300

/** Everything that a catalog stores of logs, and what it makes of it. */
async function rowsOf({ config }: TestCatalog): Promise<unknown> {
  const raw = await openRaw(config)
  const found: Record<string, unknown> = {}
  for (const table of ['entry', 'document', 'tile', 'tree_head', 'log_head', ...projectionTables]) {
    const rows = await raw.run(`select * from ${table}`)
    found[table] = rows.map((row) => JSON.stringify(plain(row))).toSorted()
  }
  await raw.close()
  return found
}

function plain(row: Readonly<Record<string, unknown>>): unknown {
  // PostgreSQL makes the first by itself; each catalog has an access log of its own.
  const { previous_index: _, access_count: __, access_hash: ___, ...columns } = row
  return Object.entries(columns).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value),
  ])
}

for (const from of dialects) {
  const to = from === 'sqlite' ? 'postgres' : 'sqlite'
  describe(`moving a namespace from ${from} to ${to} and back`, () => {
    const scene = useFilled(from, ENTRY_COUNT)

    test('gives the same rows and byte-identical exports and heads', async () => {
      const first = scene().at
      const second = await openSibling(to, first)
      const third = await openSibling(from, first)
      try {
        const bytes = await exportOf(first)
        const imported = await importInto(second, bytes)
        assert.ok(imported.size >= ENTRY_COUNT)
        assert.equal(imported.usedOwnKeys, true)
        const again = await exportOf(second)
        assert.ok(again.equals(bytes))
        await importInto(third, again)
        assert.ok((await exportOf(third)).equals(bytes))
        const { items } = answered(await sceneIn(second, NAMESPACE).get('/access-log'), 200)
        assert.deepEqual(
          items.map(({ body }: { readonly body: string }) => JSON.parse(body).lines),
          [
            [
              {
                count: 1,
                entries: [[0, imported.size - 1]],
                grant: '*/*',
                operation: 'import',
                outcome: 'appended',
                principal: 'operator',
              },
            ],
          ],
        )
        const rows = await rowsOf(first)
        assert.deepEqual(await rowsOf(second), rows)
        assert.deepEqual(await rowsOf(third), rows)
        for (const at of [first, second, third]) {
          const verdict = await checkOf(at.config)
          assert.deepEqual(verdict.findings, [])
          assert.equal(verdict.entryCount, imported.size)
        }
      } finally {
        await second.close()
        await third.close()
      }
    })

    test('the imported log goes on: reads, writes, and the next export', async () => {
      const second = await openSibling(to, scene().at)
      try {
        await importInto(second, await exportOf(scene().at))
        const moved = sceneIn(second, NAMESPACE)
        const latest = answered(await moved.latest('fares'), 200)
        assert.deepEqual(latest, answered(await scene().latest('fares'), 200))
        const { run } = await moved.open('fares')
        assert.equal(run.attempt, 2)
        await moved.save(run, 10_000)
        assert.deepEqual((await checkOf(second.config)).findings, [])
      } finally {
        await second.close()
      }
    })

    test('a catalog with other keys takes it under its own origin', async () => {
      const other = await openTestCatalog(to)
      try {
        const { signer } = scene().at.catalog.context
        const keys = signer.verifierKeys(NAMESPACE as never)
        const imported = await importInto(other, await exportOf(scene().at), { keys })
        assert.equal(imported.usedOwnKeys, false)
        assert.equal(imported.origin, keys[0]?.name)
        const moved = sceneIn(other, NAMESPACE)
        answered(await moved.put('/jobs/after-the-move', {}), 200)
        assert.deepEqual((await checkOf(other.config)).findings, [])
      } finally {
        await other.close()
      }
    })

    test('a head that the pinned key has not signed is refused, and nothing is left', async () => {
      const other = await openTestCatalog(to)
      try {
        const [own] = scene().at.catalog.context.signer.verifierKeys(NAMESPACE as never)
        assert.ok(own)
        const stranger = verifierKeyOf('ed25519', own.name, Buffer.alloc(32, 7))
        const bytes = await exportOf(scene().at)
        await assert.rejects(importInto(other, bytes, { keys: [stranger] }), {
          code: 'COPY_CORRUPT',
        })
        await assertEmpty(other)
      } finally {
        await other.close()
      }
    })

    test('a namespace that has entries is refused, and stays as it is', async () => {
      const before = await scene().size()
      const bytes = await exportOf(scene().at)
      await assert.rejects(importInto(scene().at, bytes), { code: 'NAMESPACE_NOT_EMPTY' })
      assert.equal(await scene().size(), before)
    })
  })
}
