import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Digest } from '../../schema/digest.ts'
import { digestOf } from '../../schema/digest.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import type { Run } from '../../schema/run.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, itemsOf, useScene } from './scene.ts'

type Item = Readonly<Record<string, unknown>>

for (const dialect of dialects) {
  describe(`lists on ${dialect}`, () => {
    const scene = useScene(dialect)
    let run: Run
    before(async () => {
      run = (await scene().open('fares')).run
    })

    /** Walks every page, and does something between each two of them. */
    const walk = async (
      path: string,
      between: (page: number) => Promise<unknown> = () => Promise.resolve(),
    ): Promise<readonly Item[]> => {
      const items: Item[] = []
      let cursor = ''
      for (let page = 0; page < 100; page += 1) {
        const sign = path.includes('?') ? '&' : '?'
        const answer = await scene().at.call('GET', `${path}${sign}limit=3${cursor}`)
        const { items: found, next } = answered(answer, 200)
        assert.ok(found.length <= 3)
        items.push(...found)
        if (next === null) return items
        cursor = `&cursor=${encodeURIComponent(next)}`
        await between(page)
      }
      return assert.fail('the list has an end')
    }
    const once = (items: readonly Item[], member: string): readonly unknown[] => {
      const values = items.map((item) => item[member])
      assert.equal(new Set(values).size, values.length, `each ${member} once`)
      return values
    }

    test('walking checkpoints gives each once, newest first, while new ones arrive', async () => {
      const saved: Digest[] = []
      for (let step = 1; step <= 10; step += 1) saved.push(await scene().save(run, step))
      const items = await walk(scene().path('/checkpoints?job=fares'), (page) =>
        scene().save(run, 100 + page),
      )
      assert.deepEqual(once(items, 'checkpoint'), saved.toReversed())
    })

    test('walking runs gives each once, newest first, while new ones open', async () => {
      const opened: string[] = []
      for (let place = 0; place < 8; place += 1) {
        opened.push((await scene().open('paged')).run.run)
      }
      const items = await walk(scene().path('/runs?job=paged'), () => scene().open('paged'))
      assert.deepEqual(once(items, 'run'), opened.toReversed())
    })

    test('walking jobs gives each once by name, as last declared, while others are declared', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
        await scene().put(`/jobs/walk-${name}`, { description: 'first' })
        await scene().put(`/jobs/walk-${name}`, { description: 'second' })
      }
      const items = await walk(scene().path('/jobs'), async (page) => {
        // One that was passed already, and one that is changed on the way.
        await scene().put(`/jobs/aaa-${page}`, {})
        await scene().put('/jobs/walk-g', { description: `changed ${page}` })
      })
      const names = once(items, 'job').map(String)
      assert.deepEqual(names, names.toSorted())
      assert.equal(names.filter((name) => name.startsWith('walk-')).length, 7)
      assert.ok(!names.some((name) => name.startsWith('aaa-')))
    })

    test('walking namespaces gives each once by name', async () => {
      for (const name of ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7']) {
        await scene().at.call('PUT', `/v1/namespaces/${name}`, {})
        await scene().at.call('PUT', `/v1/namespaces/${name}`, { description: 'twice' })
      }
      const names = once(await walk('/v1/namespaces'), 'namespace')
      assert.deepEqual(names, ['airline', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'])
    })

    test('walking entries gives the log in order, without gaps, while it grows', async () => {
      const indexes: unknown[] = []
      let after = -1
      for (let page = 0; page < 200; page += 1) {
        const body = answered(await scene().get(`/entries?limit=4&after=${after}`), 200)
        if (body.items.length === 0) break
        indexes.push(...body.items.map((item: Item) => item['index']))
        after = Number(indexes.at(-1))
        assert.ok(body.size > after)
        if (page < 3) await scene().put(`/jobs/meanwhile-${page}`, {})
      }
      assert.deepEqual(
        indexes,
        Array.from({ length: await scene().size() }, (_, index) => index),
      )
    })

    test('the pages of a past moment end with what was there then', async () => {
      const { run: own } = await scene().open('past')
      for (const step of [1, 2, 3, 4]) await scene().save(own, step)
      const asOf = (await scene().size()) - 1
      for (const step of [5, 6, 7]) await scene().save(own, step)
      const items = await walk(scene().path(`/checkpoints?job=past&asOf=${asOf}`))
      assert.deepEqual(
        items.map((item) => item['step']),
        [4, 3, 2, 1],
      )
      const runs = await walk(scene().path(`/runs?job=past&asOf=${asOf}`))
      assert.equal(runs[0]?.['lastStep'], 4)
    })

    test('filters narrow a list, alone and together, and a cursor keeps them', async () => {
      const document = { schemaVersion: 1, sections: {} }
      const environment = digestOf(canonicalize(document))
      await scene().put(`/environments/${environment}`, document)
      const { run: own } = await scene().open('filters', { partition: 'p1' })
      const { run: other } = await scene().open('filters', { partition: 'p2' })
      const full = await scene().save(own, 1, { labels: { team: 'pricing', tag: 'a:b' } })
      await scene().save(own, 2, { base: full, labels: { team: 'pricing' } })
      await scene().save(own, 3, { tier: 'light', environment })
      const gone = await scene().save(own, 4)
      await scene().save(other, 5, { labels: { team: 'delays' } })
      await scene().tombstone(gone)
      const steps = async (query: string): Promise<readonly unknown[]> =>
        (await walk(scene().path(`/checkpoints?job=filters&${query}`))).map((item) => item['step'])
      assert.deepEqual(await steps(''), [5, 4, 3, 2, 1])
      assert.deepEqual(await steps('partition=p1'), [4, 3, 2, 1])
      assert.deepEqual(await steps('kind=delta'), [2])
      assert.deepEqual(await steps('kind=full&tier=light'), [3])
      assert.deepEqual(await steps(`environment=${environment}`), [3])
      assert.deepEqual(await steps('label=team:pricing'), [2, 1])
      assert.deepEqual(await steps('label=tag:a:b'), [1])
      assert.deepEqual(await steps('label=team:'), [])
      assert.deepEqual(await steps('label=team:%25'), [])
      assert.deepEqual(await steps('minStep=2&maxStep=3'), [3, 2])
      assert.deepEqual(await steps('tombstoned=true'), [4])
      assert.deepEqual(await steps('tombstoned=false'), [5, 3, 2, 1])
      assert.deepEqual(await steps(`run=${other.run}`), [5])
      assert.deepEqual(await steps('minStep=6'), [])
    })

    test('a page of the default size and one of the largest are what was asked for', async () => {
      const { run: own } = await scene().open('sizes')
      for (let step = 0; step < 60; step += 1) await scene().save(own, step)
      const page = answered(await scene().get('/checkpoints?job=sizes'), 200)
      assert.equal(page.items.length, 50)
      assert.notEqual(page.next, null)
      assert.equal(itemsOf(await scene().get('/checkpoints?job=sizes&limit=500')).length, 60)
      const exact = answered(await scene().get('/checkpoints?job=sizes&limit=60'), 200)
      assert.equal(exact.next, null)
    })
  })
}
