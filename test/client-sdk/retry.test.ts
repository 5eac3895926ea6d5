import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RetryBudget } from '../../client-sdk/budget.ts'
import { decideRetry, parseRetryAfterMs, type Failure } from '../../client-sdk/retry.ts'
import { CatalogError } from '../../schema/errors.ts'

const error = new CatalogError('CONNECTION_FAILED', 'It failed.')
const transient: Failure = { error, kind: 'transient' }
const throttled: Failure = { error, kind: 'throttled' }
const early = { attempts: 1, retries: 10, remainingMs: 1e9, random: 1 }

describe('a retry', () => {
  it('waits at most 50 ms after a first transient failure and twice as long after each more', () => {
    const delays = [1, 2, 3, 4].map((attempts) => decideRetry(transient, { ...early, attempts }))
    assert.deepEqual(
      delays.map((decision) => decision.retry && decision.delayMs),
      [50, 100, 200, 400],
    )
  })

  it('waits at most a second after a first throttled failure', () => {
    assert.deepEqual(decideRetry(throttled, early), {
      retry: true,
      kind: 'throttled',
      delayMs: 1_000,
    })
  })

  it('never waits longer than 20 seconds of its own choice', () => {
    const decision = decideRetry(throttled, { ...early, attempts: 10 })
    assert.equal(decision.retry && decision.delayMs, 20_000)
  })

  it('spreads its pause over the whole range', () => {
    const decision = decideRetry(transient, { ...early, random: 0 })
    assert.equal(decision.retry && decision.delayMs, 0)
  })

  it('waits as long as the catalog asks and adds its jitter', () => {
    const decision = decideRetry({ ...transient, retryAfterMs: 3_000 }, { ...early, random: 0.5 })
    assert.equal(decision.retry && decision.delayMs, 3_025)
  })

  it('is not made when the catalog asks for more time than is left', () => {
    const decision = decideRetry(
      { ...throttled, retryAfterMs: 5_000 },
      { ...early, remainingMs: 5_000, random: 0 },
    )
    assert.deepEqual(decision, { retry: false, why: 'deadline' })
  })

  it('is not made after a final failure, or more often than allowed', () => {
    assert.deepEqual(decideRetry({ error, kind: 'final' }, early), { retry: false, why: 'final' })
    assert.deepEqual(decideRetry(transient, { ...early, attempts: 3, retries: 2 }), {
      retry: false,
      why: 'attempts',
    })
    assert.equal(decideRetry(transient, { ...early, attempts: 2, retries: 2 }).retry, true)
  })
})

describe('the retry budget', () => {
  it('pays for 35 transient retries when nothing succeeds', () => {
    const budget = new RetryBudget()
    let count = 0
    while (count < 1_000 && budget.take('transient')) count += 1
    assert.equal(count, 35)
    assert.equal(budget.tokens, 10)
  })

  it('charges less for throttled retries', () => {
    const budget = new RetryBudget()
    assert.equal(budget.take('throttled'), true)
    assert.equal(budget.tokens, 495)
  })

  it('gets one token back for a success and never holds more than 500', () => {
    const budget = new RetryBudget()
    budget.give()
    assert.equal(budget.tokens, 500)
    budget.take('transient')
    budget.give()
    assert.equal(budget.tokens, 487)
  })
})

describe('a Retry-After header', () => {
  for (const { name, headers, ms } of [
    { name: 'in seconds is read', headers: { 'retry-after': '7' }, ms: 7_000 },
    {
      name: "as a date is held against the answer's own date",
      headers: {
        'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT',
        date: 'Mon, 23 Nov 2026 10:00:00 GMT',
      },
      ms: 30_000,
    },
    {
      name: 'in the past asks for no pause',
      headers: {
        'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT',
        date: 'Mon, 23 Nov 2026 10:00:00 GMT',
      },
      ms: 0,
    },
    {
      name: 'as a date without a date to hold it against is ignored',
      headers: { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' },
      ms: undefined,
    },
    { name: 'that is nonsense is ignored', headers: { 'retry-after': '-5 apples' }, ms: undefined },
    { name: 'that is absent asks for nothing', headers: {}, ms: undefined },
  ]) {
    it(name, () => {
      assert.equal(parseRetryAfterMs(new Headers(Object.entries(headers))), ms)
    })
  }
})
