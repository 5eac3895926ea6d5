import { decide, type Moment } from '../oracle/decide.ts'
import type { Recorded } from '../oracle/fact.ts'
import type { Request } from '../oracle/request.ts'
import { worldOf, type World } from '../oracle/world.ts'
import type { Called } from '../../harness/catalog.ts'
import { difference } from './compare.ts'

/** A request, and what came of it. */
export interface Sent {
  readonly request: Request
  readonly called: Called
}

/** The facts that a few answers imply, or how they differ from what any order would have given. */
export interface Settled {
  readonly facts: readonly Recorded[] | undefined
  readonly differences: readonly string[]
}

/** Finds the order in which requests that were sent at the same time happened, one after the other. */
export function settle(
  world: World,
  sent: readonly Sent[],
  moment: Omit<Moment, 'givenRun'>,
): Settled {
  const differences: string[] = []
  for (const order of ordersOf(sent)) {
    const outcome = inOrder(world, order, moment)
    if (typeof outcome !== 'string') return { facts: outcome, differences: [] }
    differences.push(outcome)
  }
  return { facts: undefined, differences }
}

function inOrder(
  world: World,
  order: readonly Sent[],
  moment: Omit<Moment, 'givenRun'>,
): readonly Recorded[] | string {
  let after = world
  for (const { called, request } of order) {
    const givenRun = String(called.body?.run?.run ?? 'run-without-a-name')
    const verdict = decide(after, request, { ...moment, givenRun })
    const differs = difference(request, verdict, called)
    if (differs !== undefined) return differs
    if ('facts' in verdict) after = worldOf([...after.facts, ...verdict.facts])
  }
  return after.facts.slice(world.facts.length)
}

/** Every order of a few things. */
function ordersOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2) return [items]
  return items.flatMap((first, at) =>
    ordersOf(items.toSpliced(at, 1)).map((rest) => [first, ...rest]),
  )
}
