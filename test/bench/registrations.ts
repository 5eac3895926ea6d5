import { checkpointAt, type Registrable } from './fixture.ts'

/** Checkpoints to register, in sequence; each is taken once. */
export interface Registrations {
  /** Makes checkpoints beforehand, so that none is made while time is taken. */
  prepare(count: number): void
  /** The next one, or undefined when all that were made are taken. */
  take(): Registrable | undefined
  /** The next several, or undefined when fewer are left. */
  takeAll(count: number): readonly Registrable[] | undefined
  /** Sequence number of the next one. */
  next(): number
}

/** Checkpoints from a sequence number on. */
export function openRegistrations(first: number): Registrations {
  let made: Registrable[] = []
  let taken = 0
  let next = first
  const take = (): Registrable | undefined => {
    const checkpoint = made[taken]
    if (checkpoint === undefined) return undefined
    taken += 1
    next += 1
    return checkpoint
  }
  return {
    prepare: (count) => {
      made = made.slice(taken)
      taken = 0
      while (made.length < count) made.push(checkpointAt(next + made.length))
    },
    take,
    takeAll: (count) => {
      if (made.length - taken < count) return undefined
      return Array.from({ length: count }, take).filter((one) => one !== undefined)
    },
    next: () => next,
  }
}
