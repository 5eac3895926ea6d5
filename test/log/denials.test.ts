import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Denial } from '../../schema/denial.ts'
import type { Command, Denied } from '../../server/log/command.ts'
import { openDenials, type Denials } from '../../server/log/denials.ts'

const denial = (members: Partial<Denial> = {}): Denial => ({
  namespace: 'airline',
  operation: 'getJob',
  on: 'airline/fares',
  code: 'TOKEN_MISSING',
  ...members,
})

interface Bench {
  readonly denials: Denials
  readonly records: Denied[]
  readonly failures: unknown[]
  /** Ends the intervals that run. */
  pass(): Promise<void>
  /** What the log answers from now on. */
  refuse(error: Error | undefined): void
}

function openBench(known: readonly string[] = ['airline']): Bench {
  const records: Denied[] = []
  const failures: unknown[] = []
  let running: (() => void)[] = []
  let refusal: Error | undefined
  const denials = openDenials({
    append: async ({ access }: Command<null>) => {
      if (refusal !== undefined) throw refusal
      assert.ok(access?.kind === 'denied')
      records.push(access)
      return null
    },
    isKnown: async (namespace) => known.includes(namespace),
    later: (run) => {
      running.push(run)
      return () => {
        running = running.filter((other) => other !== run)
      }
    },
    onFailure: (error) => failures.push(error),
  })
  return {
    denials,
    records,
    failures,
    pass: async () => {
      for (const run of running.splice(0)) run()
      await Promise.resolve()
    },
    refuse: (error) => {
      refusal = error
    },
  }
}

describe('denials', () => {
  test('the first is recorded at once, and what follows within the interval at its end, counted', async () => {
    const { denials, records, pass } = openBench()
    await denials.add(denial())
    assert.equal(records.length, 1)
    for (let count = 0; count < 1_000; count += 1) await denials.add(denial())
    await denials.add(denial({ code: 'FORBIDDEN', principal: 'bob' }))
    assert.equal(records.length, 1)
    await pass()
    assert.deepEqual(
      records[1]?.lines.map(({ code, principal, count }) => [code, principal, count]),
      [
        ['TOKEN_MISSING', undefined, 1_000],
        ['FORBIDDEN', 'bob', 1],
      ],
    )
    // The interval goes on as long as there is something to tell, and ends when there is not.
    await pass()
    assert.equal(records.length, 2)
    await denials.add(denial())
    assert.equal(records.length, 3)
  })

  test('beyond 64 different ones, and for very long ones, only the number is kept', async () => {
    const { denials, records, pass } = openBench()
    await denials.add(denial())
    for (let count = 0; count < 100; count += 1) {
      await denials.add(denial({ on: `airline/job-${count}` }))
    }
    await denials.add(denial({ principal: 'x'.repeat(10_000) }))
    await pass()
    assert.equal(records[1]?.lines.length, 64)
    assert.equal(records[1].droppedCount, 37)
  })

  test('a namespace without a log has none recorded, and takes no memory', async () => {
    const { denials, records, pass } = openBench()
    for (let count = 0; count < 5_000; count += 1) {
      await denials.add(denial({ namespace: `nowhere-${count}` }))
    }
    await pass()
    assert.deepEqual(records, [])
    await denials.add(denial())
    assert.equal(records.length, 1)
  })

  test('what the log could not take is counted by the next record, and nobody else fails', async () => {
    const { denials, records, failures, pass, refuse } = openBench()
    refuse(new Error('the disk is full'))
    await denials.add(denial())
    await denials.add(denial())
    assert.equal(failures.length, 1)
    refuse(undefined)
    await pass()
    assert.equal(records[0]?.droppedCount, 1)
    assert.equal(records[0].lines[0]?.count, 1)
  })

  test('closing records what waits', async () => {
    const { denials, records, pass } = openBench(['airline', 'railway'])
    for (const namespace of ['airline', 'railway', 'airline', 'railway']) {
      await denials.add(denial({ namespace }))
    }
    assert.equal(records.length, 2)
    await denials.close()
    assert.equal(records.length, 4)
    await pass()
    assert.equal(records.length, 4)
  })
})
