import type { Digest, Hold, HoldLifted, HoldReceipt, Operations, PlaceHold } from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

/** Holds: bars on the removal of a checkpoint's bytes. */
export class Holds {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Places a hold on a checkpoint; the same again changes nothing, another reason or end replaces it.
   *
   * @throws {CHECKPOINT_NOT_FOUND} it is not registered
   * @throws {INVALID_REQUEST} its end has passed
   */
  place(
    digest: Digest,
    hold: string,
    terms: PlaceHold,
    options?: CallOptions,
  ): Promise<HoldReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('placeHold', { namespace, digest, hold, body: terms }, options)
  }

  /**
   * Lifts a hold; lifting it again answers the same.
   *
   * @throws {HOLD_NOT_FOUND} it was never placed
   */
  lift(digest: Digest, hold: string, options?: CallOptions): Promise<HoldLifted> {
    const { namespace, transport } = this.#scope
    return transport.call('liftHold', { namespace, digest, hold }, options)
  }

  /** Lists the holds on a checkpoint that were not lifted, oldest first. */
  list(
    digest: Digest,
    query: ListQuery<Omit<Operations['listHolds']['input'], 'digest'>> = {},
    options: CallOptions = {},
  ): PageIterator<Hold> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listHolds', { ...query, namespace, digest, ...page }, call),
    )
  }
}
