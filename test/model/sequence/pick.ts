import { digestOf } from '../../../schema/digest.ts'
import { candidatesOf } from '../oracle/standing.ts'
import type { World } from '../oracle/world.ts'
import type { Line, Place } from './action.ts'

/** A digest that nothing has. */
export const ABSENT_DIGEST = digestOf('nothing that was ever recorded')
/** A run that nobody opens. */
export const ABSENT_RUN = 'run-of-nobody'

/** The one that a number picks, counted from the newest. */
export function picked<Item>(items: Iterable<Item>, pick: Place): Item | undefined {
  const all = [...items]
  return all[all.length - 1 - (pick % Math.max(all.length, 1))]
}

/** An environment document that sequences record. */
export function environmentDocument(variant: number): unknown {
  return { schemaVersion: 1, sections: { code: { revision: `r${variant}` } } }
}

/** A recorded environment, one that is not, or none. */
export function environmentOf(
  world: World,
  which: 'none' | 'known' | 'absent',
  pick: Place,
): string | undefined {
  if (which === 'none') return undefined
  return which === 'absent' ? ABSENT_DIGEST : picked(world.environments.keys(), pick)
}

/** A state of a job and partition, first those of the current line. */
export function pickedState(
  world: World,
  { job, partition }: Line,
  pick: Place,
): string | undefined {
  const { leftBehind, onLine } = candidatesOf(world, job, partition)
  return picked([...onLine, ...leftBehind].toReversed(), pick)?.checkpoint
}
