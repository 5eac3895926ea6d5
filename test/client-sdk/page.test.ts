import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PageIterator, type PageRequest } from '../../client-sdk/page.ts'
import { settle } from './fake-clock.ts'

/** A list of the numbers up to a count, two a page. */
function numbersUpTo(count: number) {
  const requests: PageRequest<number>[] = []
  const list = new PageIterator<number, number>(async (request) => {
    requests.push(request)
    const start = request.cursor ?? 0
    const end = Math.min(count, start + (request.limit ?? 2))
    const items = Array.from({ length: end - start }, (_, offset) => start + offset)
    return { items, next: end < count ? end : null }
  })
  return { list, requests }
}

async function collect<Item>(list: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of list) items.push(item)
  return items
}

describe('a list', () => {
  it('gives its items across pages', async () => {
    const { list, requests } = numbersUpTo(5)
    assert.deepEqual(await collect(list), [0, 1, 2, 3, 4])
    assert.deepEqual(
      requests.map((request) => request.cursor),
      [undefined, 2, 4],
    )
  })

  it('begins anew with each iteration', async () => {
    const { list } = numbersUpTo(3)
    assert.deepEqual(await collect(list), await collect(list))
  })

  it('gives its pages, an empty one too', async () => {
    assert.deepEqual(await collect(numbersUpTo(3).list.pages()), [[0, 1], [2]])
    assert.deepEqual(await collect(numbersUpTo(0).list.pages()), [[]])
  })

  it('gives its first item and asks for no more than that', async () => {
    const { list, requests } = numbersUpTo(5)
    assert.equal(await list.first(), 0)
    assert.deepEqual(
      requests.map((request) => request.limit),
      [1],
    )
    assert.equal(await numbersUpTo(0).list.first(), undefined)
  })

  it('becomes an array up to a limit that must be given', async () => {
    const { list, requests } = numbersUpTo(100)
    assert.deepEqual(await list.toArray({ limit: 3 }), [0, 1, 2])
    assert.equal(requests.length, 2)
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      await assert.rejects(list.toArray({ limit }), { code: 'INVALID_REQUEST' })
    }
  })

  it('is fetched no further than it is read', async () => {
    const { list, requests } = numbersUpTo(100)
    for await (const item of list) if (item === 3) break
    await settle()
    assert.equal(requests.length, 2)
  })

  it('that names a page as its own successor ends with an error', async () => {
    const list = new PageIterator<number, number>(async () => ({ items: [1], next: 7 }))
    await assert.rejects(collect(list), { code: 'INTERNAL', message: /does not end/ })
  })

  it('passes on the failure of a page', async () => {
    const list = new PageIterator<number>(() => Promise.reject(new Error('no page')))
    await assert.rejects(collect(list), /no page/)
  })
})

describe('ending an iteration early', () => {
  function hanging(signal?: AbortSignal) {
    const signals: AbortSignal[] = []
    const list = new PageIterator<number>((request) => {
      signals.push(request.signal)
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason))
      })
    }, signal)
    return { iterator: list[Symbol.asyncIterator](), signals }
  }

  it('aborts what is in flight', async () => {
    const { iterator, signals } = hanging()
    const next = assert.rejects(iterator.next(), { name: 'AbortError' })
    await settle()
    assert.deepEqual(await iterator.return?.(), { done: true, value: undefined })
    await next
    assert.equal(signals[0]?.aborted, true)
    assert.deepEqual(await iterator.next(), { done: true, value: undefined })
  })

  it("is also what the caller's signal does", async () => {
    const controller = new AbortController()
    const { iterator, signals } = hanging(controller.signal)
    const next = assert.rejects(iterator.next(), /enough/)
    await settle()
    controller.abort(new Error('enough'))
    await next
    assert.equal(signals[0]?.aborted, true)
  })
})
