import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialects, START_MS } from '../harness/catalog.ts'
import { answered, itemsOf, refused, unproven, useScene } from '../register/scene.ts'

const hourAfterStart = (hours: number): string =>
  new Date(START_MS + hours * 3_600_000).toISOString()

for (const dialect of dialects) {
  describe(`holds on ${dialect}`, () => {
    const scene = useScene(dialect)
    const save = async (job: string) => scene().save((await scene().open(job)).run, 1)
    const place = (checkpoint: string, hold: string, body: unknown) =>
      scene().put(`/checkpoints/${checkpoint}/holds/${hold}`, body)
    const lift = (checkpoint: string, hold: string) =>
      scene().at.call('DELETE', scene().path(`/checkpoints/${checkpoint}/holds/${hold}`))
    const list = async (checkpoint: string, query = '') =>
      itemsOf(await scene().get(`/checkpoints/${checkpoint}/holds${query}`))

    test('a hold is placed once, replaced by other terms, and lifted once', async () => {
      const checkpoint = await save('held')
      const reason = 'Case 7'
      const first = answered(await place(checkpoint, 'legal', { reason }), 200)
      assert.deepEqual(
        { ...unproven(first), at: undefined },
        { checkpoint, hold: 'legal', reason, actor: 'tester', index: first.index, at: undefined },
      )
      assert.deepEqual(answered(await place(checkpoint, 'legal', { reason }), 200), first)
      const until = hourAfterStart(48)
      const second = answered(await place(checkpoint, 'legal', { reason, until }), 200)
      const third = answered(await place(checkpoint, 'audit', { reason: 'Q4' }), 200)
      assert.deepEqual(await list(checkpoint), [unproven(second), unproven(third)])
      assert.deepEqual(await list(checkpoint, `?asOf=${first.index}`), [unproven(first)])
      const ended = answered(await lift(checkpoint, 'legal'), 200)
      assert.deepEqual(answered(await lift(checkpoint, 'legal'), 200), ended)
      assert.deepEqual(await list(checkpoint), [unproven(third)])
      const again = answered(await place(checkpoint, 'legal', { reason }), 200)
      assert.ok(again.index > ended.index)
      const history = itemsOf(await scene().get(`/checkpoints/${checkpoint}/history`))
      const kinds = history.map((item: { entry: { kind: string } }) => item.entry.kind)
      assert.deepEqual(kinds, [
        'checkpoint.registered',
        'hold.placed',
        'hold.placed',
        'hold.placed',
        'hold.lifted',
        'hold.placed',
      ])
    })

    test('a list of holds comes in pages', async () => {
      const checkpoint = await save('pages')
      for (const name of ['a', 'b', 'c'])
        answered(await place(checkpoint, name, { reason: 'r' }), 200)
      const page = answered(await scene().get(`/checkpoints/${checkpoint}/holds?limit=2`), 200)
      const rest = await list(checkpoint, `?limit=2&cursor=${page.next}`)
      const names = [...page.items, ...rest].map((item: { hold: string }) => item.hold)
      assert.deepEqual(names, ['a', 'b', 'c'])
    })

    test('the same hold from many at once is one entry', async () => {
      const checkpoint = await save('crowd')
      const size = await scene().size()
      const calls = [1, 2, 3].map(() => place(checkpoint, 'one', { reason: 'r' }))
      for (const called of await Promise.all(calls)) answered(called, 200)
      assert.equal(await scene().size(), size + 1)
    })

    test('what cannot be held, or ended, is refused', async () => {
      const checkpoint = await save('refused')
      const unknown = `sha256:${'0'.repeat(64)}`
      refused(await place(unknown, 'legal', { reason: 'r' }), 'CHECKPOINT_NOT_FOUND')
      refused(await lift(checkpoint, 'legal'), 'HOLD_NOT_FOUND')
      refused(await place(checkpoint, 'Legal', { reason: 'r' }), 'INVALID_NAME')
      refused(await place(checkpoint, 'legal', {}), 'INVALID_REQUEST')
      const past = { reason: 'r', until: hourAfterStart(-1) }
      refused(await place(checkpoint, 'legal', past), 'INVALID_REQUEST')
      const noTime = { reason: 'r', until: '2026-99-99T00:00:00Z' }
      refused(await place(checkpoint, 'legal', noTime), 'INVALID_REQUEST')
    })
  })
}
