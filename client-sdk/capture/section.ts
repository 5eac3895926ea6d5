import type { Json } from '../api.ts'

/** What one section found out: facts, and for each fact that is missing a reason. */
export interface Section {
  readonly facts: Readonly<Record<string, Json>>
  readonly missing: readonly MissingFact[]
}

/** A fact that could not be told; it is left out of the facts rather than guessed. */
export interface MissingFact {
  readonly fact: string
  readonly reason: string
}

/** Keeps what is known of a fact, or why it is not. */
export function sectionOf(
  entries: readonly (readonly [fact: string, found: Json | undefined, reason: string])[],
): Section {
  const facts: Record<string, Json> = {}
  const missing: MissingFact[] = []
  for (const [fact, found, reason] of entries) {
    if (found === undefined) missing.push({ fact, reason })
    else facts[fact] = found
  }
  return { facts, missing }
}
