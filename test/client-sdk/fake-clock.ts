import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Clock, SleepOptions } from '../../client-sdk/clock.ts'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** Steps of one run, so that a test that never ends fails. */
const STEPS_MAX_COUNT = 20_000

/** Time that passes only when nothing else can happen. */
export class FakeClock implements Clock {
  #nowMs = 1_000
  #sleepers = new Set<Sleeper>()

  now(): number {
    return this.#nowMs
  }

  sleep(ms: number, { signal }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const sleeper: Sleeper = {
        atMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper)
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', sleeper.wake)
    })
  }

  /** How many sleep. */
  get sleeperCount(): number {
    return this.#sleepers.size
  }

  /** Lets time pass, from sleeper to sleeper, until the work has ended. */
  async run<T>(work: Promise<T>): Promise<T> {
    let ended = false
    const end = () => {
      ended = true
    }
    work.then(end, end)
    for (let step = 0; step < STEPS_MAX_COUNT; step += 1) {
      await settle()
      if (ended) return work
      const [next] = [...this.#sleepers].toSorted((left, right) => left.atMs - right.atMs)
      assert.ok(next, 'nothing can happen any more, and the work has not ended')
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.wake()
    }
    throw new Error('the work does not end')
  }

  /** Lets so much time pass, whatever happens in it. */
  async pass(ms: number): Promise<void> {
    await this.run(this.sleep(ms))
    await settle()
  }
}

/** Lets all that can happen without time passing happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate()
}
