import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openSignerMemory } from '../../server/signing/signer-memory.ts'
import { dialects, newConfig } from '../harness/catalog.ts'
import { upTo } from '../log/drafts.ts'
import { openRaw } from '../store/raw.ts'

const head = (size: number, byte = size) => ({ size, root: new Uint8Array(32).fill(byte) })

for (const dialect of dialects) {
  describe(`the signer's memory on ${dialect}`, () => {
    test('changes only from what is remembered, and keeps that when it is opened again', async () => {
      const { database } = await newConfig(dialect)
      const memory = await openSignerMemory(database)
      const origin = 'example.com/log'
      assert.equal(await memory.read(origin), undefined)
      assert.equal(await memory.swap({ origin, from: head(1), to: head(2) }), false)
      assert.equal(await memory.swap({ origin, from: undefined, to: head(3) }), true)
      assert.equal(await memory.swap({ origin, from: undefined, to: head(4) }), false)
      assert.equal(await memory.swap({ origin, from: head(3, 9), to: head(4) }), false)
      assert.equal(await memory.swap({ origin, from: head(3), to: head(2 ** 40) }), true)
      await memory.close()

      const again = await openSignerMemory(database)
      const found = await again.read(origin)
      assert.equal(found?.size, 2 ** 40)
      assert.deepEqual(Uint8Array.from(found?.root ?? []), head(0).root)
      assert.equal(await again.read('example.com/other'), undefined)
      await again.close()
    })

    test('lets one of many win who change the same, in one process and in several', async () => {
      const { database } = await newConfig(dialect)
      // Two at once also make the table at once.
      const memories = await Promise.all([openSignerMemory(database), openSignerMemory(database)])
      const origin = 'example.com/log'
      for (const from of [undefined, head(1), head(2)]) {
        const to = head((from?.size ?? 0) + 1)
        const swapped = await Promise.all(
          upTo(20).map(async (place) => memories[place % 2]?.swap({ origin, from, to })),
        )
        assert.equal(swapped.filter((one) => one === true).length, 1)
      }
      await Promise.all(memories.map((memory) => memory.close()))
    })

    test('that cannot be used is STORAGE_UNAVAILABLE', async () => {
      const config = await newConfig(dialect)
      const memory = await openSignerMemory(config.database)
      const raw = await openRaw(config)
      await raw.run('drop table signed_head')
      await raw.close()
      const swap = { origin: 'example.com/log', from: undefined, to: head(1) }
      await assert.rejects(memory.read(swap.origin), { code: 'STORAGE_UNAVAILABLE' })
      await assert.rejects(memory.swap(swap), { code: 'STORAGE_UNAVAILABLE' })
      await memory.close()
    })
  })
}
