import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Config } from '../../server/config.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, useScene } from '../register/scene.ts'
import { naiveTree } from '../schema/naive-tree.ts'
import { upTo } from './drafts.ts'

const program = join(import.meta.dirname, 'appender.ts')
const EACH_COUNT = 300
/** Entries of a log that was just opened: its declaration, and the keys that it is signed with. */
const OPENED_SIZE = 2

for (const dialect of dialects) {
  describe(`several servers on one ${dialect} database`, () => {
    const scene = useScene(dialect)

    test('number their entries without a gap, twice, or a fork of the tree', async () => {
      const { at, namespace } = scene()
      const names = ['one', 'two', 'three']
      const indexes = await Promise.all(
        names.map((name) => append(at.config, [namespace, name, String(EACH_COUNT)])),
      )
      assert.deepEqual(
        indexes.flat().toSorted((left, right) => left - right),
        upTo(names.length * EACH_COUNT).map((number) => number + OPENED_SIZE),
      )
      // A server that was open all the while reads what the others wrote, and goes on behind it.
      const last = answered(await scene().put('/jobs/last', {}), 200)
      assert.equal(last.index, names.length * EACH_COUNT + OPENED_SIZE)

      const { db } = at.catalog.context
      const entries = await db.selectFrom('entry').select('bytes').orderBy('log_index').execute()
      const heads = await db.selectFrom('tree_head').selectAll().orderBy('size').execute()
      const tree = naiveTree(entries.map((entry) => entry.bytes))
      for (const { size, root } of heads) {
        assert.deepEqual(Buffer.from(root), Buffer.from(tree.root(0, size)), `head of ${size}`)
      }
      assert.equal(heads.at(-1)?.size, entries.length)
    })
  })
}

/** Runs the appender to its end; the indexes it was given. */
async function append(config: Config, parameters: readonly string[]): Promise<readonly number[]> {
  const child = fork(program, parameters, {
    env: {
      ...process.env,
      CAIRN_DATA_DIR: config.dataDirectory,
      CAIRN_DATABASE_URL:
        config.database.kind === 'postgres'
          ? config.database.url
          : `sqlite:${config.database.file}`,
    },
  })
  const [[indexes], [code]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
  assert.equal(code, 0)
  return indexes as readonly number[]
}
