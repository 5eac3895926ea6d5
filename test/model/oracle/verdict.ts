import type { ErrorCode } from '../../../schema/errors.ts'
import type { Fact, Recorded } from './fact.ts'
import { worldOf, type World } from './world.ts'

/** One rule that a request breaks, and what the refusal must tell beside its code. */
export interface Violation {
  readonly code: ErrorCode
  readonly tells?: unknown
}

/** A refusal: whichever of the broken rules it names. */
export interface Refusal {
  readonly broken: readonly Violation[]
}

/** What must come of a request: an answer and the facts that it adds, or a refusal. */
export type Verdict = { readonly facts: readonly Recorded[]; readonly answer: unknown } | Refusal

/** What must come of each item of a batch. */
export interface BatchVerdict {
  readonly facts: readonly Recorded[]
  readonly items: readonly Verdict[]
}

/** Facts at the log's next places. */
export function recorded<Of extends Fact>(
  world: World,
  at: string,
  facts: readonly Of[],
): readonly Recorded<Of>[] {
  return facts.map((fact, place) => ({ ...fact, index: world.facts.length + place, at }))
}

/** The verdict of a write that adds facts and answers with what then is. */
export function accepted(
  world: World,
  facts: readonly Recorded[],
  answer: (after: World) => unknown,
): Verdict {
  return { facts, answer: answer(worldOf([...world.facts, ...facts])) }
}

/** The verdict of a write that changes nothing: it was made before. */
export function repeated(answer: unknown): Verdict {
  return { facts: [], answer }
}

export function refused(code: ErrorCode, tells?: unknown): Refusal {
  return { broken: [tells === undefined ? { code } : { code, tells }] }
}
