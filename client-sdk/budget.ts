/** What kind of failure a retry answers: weather, or a catalog that asks for less. */
export type RetryKind = 'transient' | 'throttled'

/** Retries of a client in a row, when nothing succeeds: about 35 transient ones. */
const CAPACITY_TOKENS = 500
const COST_TOKENS = { transient: 14, throttled: 5 } as const satisfies Record<RetryKind, number>
const RETURN_TOKENS = 1

/**
 * The tokens that all calls of a client share for retries, so that an outage is not multiplied.
 *
 * Numbers of the AWS SDKs' "standard" mode of 2026: 500 tokens, 14 for a transient failure, 5 for a
 * throttled one, one back for each success.
 */
export class RetryBudget {
  #tokens = CAPACITY_TOKENS

  /** Tokens left, 0 to 500. */
  get tokens(): number {
    return this.#tokens
  }

  /** Takes what a retry costs; false when there is not enough. */
  take(kind: RetryKind): boolean {
    if (this.#tokens < COST_TOKENS[kind]) return false
    this.#tokens -= COST_TOKENS[kind]
    return true
  }

  /** Gives one token back for a success. */
  give(): void {
    this.#tokens = Math.min(CAPACITY_TOKENS, this.#tokens + RETURN_TOKENS)
  }
}
