import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, refused, useScene } from '../register/scene.ts'
import { naiveTree } from '../schema/naive-tree.ts'
import { openRaw } from '../store/raw.ts'

interface Item {
  readonly index: number
  readonly leafHash: string
  readonly entry: Readonly<Record<string, unknown>>
}

for (const dialect of dialects) {
  describe(`reading the log on ${dialect}`, () => {
    const scene = useScene(dialect)

    test('every write is one entry that says who did what to what, when', async () => {
      const before = await scene().size()
      const { run } = await scene().open('fares', { labels: { shift: 'night' } })
      const checkpoint = await scene().save(run, 1)
      scene().at.advance(1500)
      await scene().evidence(checkpoint, 'verified')
      await scene().tombstone(checkpoint, { note: 'Bad disk' })
      await scene().post(`/runs/${run.run}/close`, { outcome: 'failed' })
      const items: readonly Item[] = itemsOf(await scene().get(`/entries?after=${before - 1}`))
      assert.deepEqual(
        items.map(({ index, entry }) => [index - before, entry['kind'], entry['subject']]),
        [
          [0, 'job.declared', 'fares'],
          [1, 'run.opened', run.run],
          [2, 'checkpoint.registered', checkpoint],
          [3, 'evidence.recorded', checkpoint],
          [4, 'checkpoint.tombstoned', checkpoint],
          [5, 'run.closed', run.run],
        ],
      )
      for (const { entry } of items) {
        assert.equal(entry['actor'], 'tester')
        assert.equal(entry['v'], 1)
      }
      const times = items.map(({ entry }) => Date.parse(String(entry['at'])))
      assert.equal((times[3] ?? 0) - (times[2] ?? 0), 1500)
    })

    test('the leaf hashes that are answered give the root that is stored', async () => {
      const { db } = scene().at.catalog.context
      const entries = await db
        .selectFrom('entry')
        .select('bytes')
        .where('namespace', '=', scene().namespace as never)
        .orderBy('log_index')
        .execute()
      const items: readonly Item[] = itemsOf(await scene().get('/entries?limit=500'))
      const tree = naiveTree(entries.map((entry) => entry.bytes))
      items.forEach(({ index, leafHash }) => {
        assert.equal(leafHash, Buffer.from(tree.root(index, index + 1)).toString('base64'))
      })
      const head = await db
        .selectFrom('tree_head')
        .selectAll()
        .where('namespace', '=', scene().namespace as never)
        .orderBy('size', 'desc')
        .executeTakeFirstOrThrow()
      assert.equal(head.size, entries.length)
      assert.deepEqual(Buffer.from(head.root), Buffer.from(tree.root(0, entries.length)))
    })

    test('the history of a checkpoint is everything about it, oldest first, page by page', async () => {
      const { run } = await scene().open('told')
      const checkpoint = await scene().save(run, 1)
      const other = await scene().save(run, 2)
      const expected = [answered(await scene().get(`/checkpoints/${checkpoint}`), 200).index]
      for (let count = 0; count < 7; count += 1) {
        await scene().evidence(other, 'present')
        const found = await scene().evidence(checkpoint, 'present')
        expected.push(answered(found, 201).index)
      }
      expected.push(answered(await scene().tombstone(checkpoint), 201).index)
      expected.push(answered(await scene().evidence(checkpoint, 'verified'), 201).index)

      const indexes: number[] = []
      let cursor = ''
      for (let page = 0; page < 10; page += 1) {
        const path = `/checkpoints/${checkpoint}/history?limit=3${cursor}`
        const body = answered(await scene().get(path), 200)
        indexes.push(...body.items.map((item: Item) => item.index))
        for (const item of body.items) assert.equal(item.entry.subject, checkpoint)
        if (body.next === null) break
        cursor = `&cursor=${encodeURIComponent(body.next)}`
      }
      assert.deepEqual(indexes, expected)
      const whole: readonly Item[] = itemsOf(
        await scene().get(`/checkpoints/${checkpoint}/history?limit=500`),
      )
      assert.deepEqual(
        whole.map((item) => item.index),
        expected,
      )
    })

    test('reading after the newest entry gives nothing, and the size to go on from', async () => {
      const size = await scene().size()
      const page = answered(await scene().get(`/entries?after=${size - 1}`), 200)
      assert.deepEqual(page, { items: [], size })
      const beyond = answered(await scene().get('/entries?after=9007199254740991'), 200)
      assert.deepEqual(beyond, { items: [], size })
    })

    test('entries are answered as they were hashed, to the byte', async () => {
      const { run } = await scene().open('bytes', { labels: { city: 'Zürich', note: '"\\\u2028' } })
      const { db } = scene().at.catalog.context
      const stored = await db
        .selectFrom('entry')
        .select('bytes')
        .where('log_index', '=', run.openedIndex)
        .where('namespace', '=', scene().namespace as never)
        .executeTakeFirstOrThrow()
      const [item]: readonly Item[] = itemsOf(
        await scene().get(`/entries?after=${run.openedIndex - 1}&limit=1`),
      )
      assert.deepEqual(JSON.parse(Buffer.from(stored.bytes).toString()), item?.entry)
    })

    test('an entry whose stored bytes are no JSON object is named, with what to do', async () => {
      const { run } = await scene().open('garbled')
      const checkpoint = await scene().save(run, 1)
      const { index } = answered(await scene().get(`/checkpoints/${checkpoint}`), 200)
      const raw = await openRaw(scene().at.config)
      if (dialect === 'sqlite') await raw.run('drop trigger entry_no_update')
      else {
        await raw.run('alter table entry disable trigger entry_no_change')
        await raw.run('alter table entry drop constraint entry_leaf_hash')
      }
      for (const hex of ['7b', 'ff', '6e756c6c']) {
        const bytes = dialect === 'sqlite' ? `x'${hex}'` : `'\\x${hex}'::bytea`
        await raw.run(`update entry set bytes = ${bytes} where log_index = ${index}`)
        // On SQLite, what is read in one turn of the event loop is read from one snapshot.
        await setImmediate()
        for (const path of [`/entries?after=${index - 1}`, `/checkpoints/${checkpoint}/history`]) {
          const answer = await scene().get(path)
          assert.equal(refused(answer, 'LOG_CORRUPT').index, index)
          assert.match(answer.body.detail, /cairn fsck/)
        }
        answered(await scene().get(`/entries?after=${index - 2}&limit=1`), 200)
      }
      await raw.close()
    })
  })
}
