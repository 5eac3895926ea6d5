import type { CatalogError } from '../schema/errors.ts'
import type { Digest } from './api.ts'
import type { Settlement } from './drainer.ts'
import type { SpoolRecord } from './spool.ts'

/** What a checkpoint hears of its record; a drain may end without having sent it. */
export type Heard =
  Settlement | { readonly kind: 'waits'; readonly reason: CatalogError | undefined }

/** Someone waits to hear what became of a record. */
interface Waiter {
  readonly record: SpoolRecord
  readonly tell: (heard: Heard) => void
}

/** The checkpoints that wait for a drain; bounded by the calls of their runs. */
export class Waiters {
  readonly #waiters = new Set<Waiter>()

  /** Begins to wait; `leave` ends it unheard. */
  wait(record: SpoolRecord): { readonly heard: Promise<Heard>; readonly leave: () => void } {
    let leave: () => void = () => undefined
    const heard = new Promise<Heard>((tell) => {
      const waiter = { record, tell }
      this.#waiters.add(waiter)
      leave = () => this.#waiters.delete(waiter)
    })
    return { heard, leave }
  }

  /** Tells all who wait for a checkpoint; false when nobody does. */
  tell(checkpoint: Digest, heard: Heard): boolean {
    let isHeard = false
    for (const waiter of this.#waiters) {
      if (waiter.record.checkpoint !== checkpoint) continue
      this.#waiters.delete(waiter)
      waiter.tell(heard)
      isHeard = true
    }
    return isHeard
  }

  /** Tells all who are left that their records wait, and gives these. */
  release(reason: CatalogError | undefined): readonly SpoolRecord[] {
    const left = [...this.#waiters]
    this.#waiters.clear()
    for (const { tell } of left) tell({ kind: 'waits', reason })
    return left.map(({ record }) => record)
  }
}
