/** What a try of one place said of it. */
export type BisectOutcome = 'good' | 'bad' | 'skip'

/** Places in order, of which the first is good and the last is bad; a gap was not tried yet. */
export type BisectOutcomes = readonly (BisectOutcome | undefined)[]

/** Between which places the change is: the newest that is good, and the oldest bad one after it. */
export interface BisectSpan {
  readonly good: number
  readonly bad: number
}

/** Between which places the change is, by what is known so far. */
export function spanOf(outcomes: BisectOutcomes): BisectSpan {
  const bad = outcomes.indexOf('bad')
  return { good: outcomes.slice(0, bad).lastIndexOf('good'), bad }
}

/**
 * The place to try next: the one nearest to the middle of what is left that was not tried, so that skipped ones
 * cost as little as they can. Undefined when the change is found, or all that is left was skipped.
 */
export function nextToTry(outcomes: BisectOutcomes): number | undefined {
  const { good, bad } = spanOf(outcomes)
  const middle = Math.floor((good + bad) / 2)
  for (let distance = 0; distance < bad - good; distance += 1) {
    for (const place of [middle - distance, middle + distance]) {
      if (place > good && place < bad && outcomes[place] === undefined) return place
    }
  }
  return undefined
}
