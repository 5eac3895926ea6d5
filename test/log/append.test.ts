import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CatalogError } from '../../schema/errors.ts'
import { dialects } from '../harness/catalog.ts'
import { answered, refused, useScene } from '../register/scene.ts'
import { openRaw } from '../store/raw.ts'
import { declaring, holding, upTo } from './drafts.ts'

/** Commands that may wait, as server/log/open-log.ts has it. */
const QUEUE_MAX_COUNT = 4096

for (const dialect of dialects) {
  describe(`appending on ${dialect}`, () => {
    const scene = useScene(dialect)
    const log = () => scene().at.catalog.context.log
    const count = async (table: string): Promise<number> => {
      const raw = await openRaw(scene().at.config)
      const [row] = await raw.run(`select count(*) as n from ${table}`)
      await raw.close()
      return Number(row?.['n'])
    }

    test('writers that come at once share commits, and each gets an index of its own', async () => {
      const [heads, size] = [await count('tree_head'), await scene().size()]
      const answers = await Promise.all(
        upTo(64).map((number) => scene().put(`/jobs/group-${number}`, {})),
      )
      const indexes = answers.map((answer) => answered(answer, 200).index)
      assert.deepEqual(
        indexes.toSorted((left, right) => left - right),
        upTo(64).map((number) => size + number),
      )
      const commits = (await count('tree_head')) - heads
      assert.ok(commits <= 8, `64 writers took ${commits} commits`)
      assert.equal(await scene().size(), size + 64)
    })

    test('entries stand in the order in which their commands came', async () => {
      const { namespace } = scene()
      const places = await Promise.all(
        upTo(40).map((number) => log().append(declaring(namespace, `order-${number}`))),
      )
      const first = places[0]?.index ?? -1
      assert.deepEqual(
        places.map((place) => place.index),
        upTo(40).map((number) => first + number),
      )
    })

    test('several drafts of one decision have adjoining indexes, or none is recorded', async () => {
      const { namespace } = scene()
      const size = await scene().size()
      const two = declaring(namespace, 'pair', {
        decide: () => ({
          drafts: [
            { entry: { kind: 'run.closed', subject: 'pair' as never, outcome: 'failed' } },
            {
              entry: {
                kind: 'run.closed',
                subject: 'pair' as never,
                outcome: 'failed',
                note: 'x'.repeat(70_000),
              },
            },
          ],
          result: () => ({ index: 0, leafHash: '' }),
        }),
      })
      await assert.rejects(log().append(two), { code: 'DOCUMENT_TOO_LARGE' })
      assert.equal(await scene().size(), size)
    })

    test('a refused command does not touch its neighbours', async () => {
      const { namespace } = scene()
      const size = await scene().size()
      const refusing = declaring(namespace, 'refused', {
        decide: () => {
          throw new CatalogError('RUN_CLOSED', 'It is closed: open another.')
        },
      })
      const settled = await Promise.allSettled([
        log().append(declaring(namespace, 'before-it')),
        log().append(refusing),
        log().append(declaring(namespace, 'after-it')),
      ])
      assert.deepEqual(
        settled.map((result) => result.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.equal(await scene().size(), size + 2)
    })

    test('a command that fails in a way nobody foresaw fails alone', async () => {
      const { namespace } = scene()
      const size = await scene().size()
      const failing = declaring(namespace, 'failing', {
        decide: () => {
          throw new TypeError('unforeseen')
        },
      })
      // A row that the database refuses poisons the whole transaction, not only its command.
      const poisonous = declaring(namespace, 'poisonous', {
        decide: () => ({
          drafts: [{ entry: { kind: 'run.opened', subject: 'poison' as never } as never }],
          result: () => ({ index: 0, leafHash: '' }),
        }),
      })
      const settled = await Promise.allSettled([
        log().append(declaring(namespace, 'beside-1')),
        log().append(failing),
        log().append(declaring(namespace, 'beside-2')),
        log().append(poisonous),
        log().append(declaring(namespace, 'beside-3')),
      ])
      assert.deepEqual(
        settled.map((result) => result.status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
      )
      assert.equal(await scene().size(), size + 3)
      assert.equal((await scene().get('/jobs/beside-2')).status, 200)
    })

    test('a command for a namespace that nobody declared is refused and makes no log', async () => {
      await assert.rejects(log().append(declaring('nowhere', 'fares')), {
        code: 'NAMESPACE_NOT_FOUND',
      })
      refused(await scene().at.call('GET', '/v1/namespaces/nowhere/jobs'), 'NAMESPACE_NOT_FOUND')
    })

    test('a namespace is usable by what comes in the same batch as its declaration', async () => {
      const { at } = scene()
      const answers = await Promise.all([
        at.call('PUT', '/v1/namespaces/fresh', {}),
        at.call('PUT', '/v1/namespaces/fresh/jobs/first', {}),
        at.call('PUT', '/v1/namespaces/fresh/jobs/second', {}),
      ])
      assert.deepEqual(
        answers.map((answer) => answered(answer, 200).index),
        [0, 1, 2],
      )
    })

    test('namespaces number their entries apart, also in one batch', async () => {
      const { at } = scene()
      const names = ['left', 'right', 'middle']
      await Promise.all(names.map((name) => at.call('PUT', `/v1/namespaces/${name}`, {})))
      const answers = await Promise.all(
        names.flatMap((name) => [
          at.call('PUT', `/v1/namespaces/${name}/jobs/one`, {}),
          at.call('PUT', `/v1/namespaces/${name}/jobs/two`, {}),
        ]),
      )
      assert.deepEqual(
        answers.map((answer) => answered(answer, 200).index),
        // Behind each declaration stand the keys that the log is signed with.
        [2, 3, 2, 3, 2, 3],
      )
    })

    test('a full queue sheds with 503 and when to come back, and loses nothing that waited', async () => {
      const { namespace } = scene()
      const held = holding(namespace)
      const first = log().append(held.command)
      await held.begun
      const waiting = upTo(QUEUE_MAX_COUNT).map(() =>
        log().append({ ...held.command, decide: () => ({ drafts: [], result: () => 'done' }) }),
      )
      assert.equal(log().waitingCount(), QUEUE_MAX_COUNT)
      const shed = await scene().put('/jobs/shed', {})
      refused(shed, 'OVERLOADED')
      assert.equal(shed.body.retryable, true)
      held.release()
      await first
      assert.equal(new Set(await Promise.all(waiting)).size, 1)
      assert.equal((await scene().put('/jobs/shed', {})).status, 200)
    })
  })

  describe(`closing the log on ${dialect}`, () => {
    const scene = useScene(dialect)

    test('what waits is still recorded, and what comes later is refused', async () => {
      const { at, namespace } = scene()
      const { log } = at.catalog.context
      const held = holding(namespace)
      const first = log.append(held.command)
      await held.begun
      const waiting = log.append(declaring(namespace, 'waiting'))
      const closed = log.close()
      refused(await scene().put('/jobs/late', {}), 'SHUTTING_DOWN')
      held.release()
      await Promise.all([first, closed])
      const place = await waiting
      const entries = answered(await scene().get('/entries'), 200)
      assert.equal(entries.items.at(-1).index, place.index)
      assert.equal(entries.items.at(-1).entry.subject, 'waiting')
    })
  })
}
