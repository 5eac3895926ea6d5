/** Work of which some is done at the same time; no more is begun once a piece of it has failed. */
export class Lanes {
  readonly #active = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  readonly #failures: unknown[] = []

  /** Fires when what is under way is to end. */
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
    await this.settle()
    this.#throwFailure()
  }

  /** Waits until nothing is under way, however it ends. */
  async settle(): Promise<void> {
    await Promise.all(this.#active)
  }

  /** Ends what is under way, and waits until it has. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.settle()
  }

  #throwFailure(): void {
    if (this.#failures.length > 0) throw this.#failures[0]
  }
}
