/** Work of which some is done at the same time; the first failure ends it. */
export class Lanes {
  readonly #active = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  #failures: unknown[] = []

  /** Fires when a piece of work has failed, so that the others end too. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /**
   * Begins a piece of work once fewer than `count` are under way.
   *
   * @throws what a piece before it has failed with
   */
  async start(count: number, work: () => Promise<void>): Promise<void> {
    while (this.#active.size >= count) await Promise.race(this.#active)
    this.#throwFailure()
    const lane = work()
      .catch((cause: unknown) => {
        this.#failures.push(cause)
        this.#stop.abort()
      })
      .finally(() => this.#active.delete(lane))
    this.#active.add(lane)
  }

  /**
   * Waits for all that was begun.
   *
   * @throws what the first of them failed with
   */
  async finish(): Promise<void> {
    await Promise.all(this.#active)
    this.#throwFailure()
  }

  /** Ends what is under way, and waits until it has. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#active)
  }

  #throwFailure(): void {
    if (this.#failures.length > 0) throw this.#failures[0]
  }
}
